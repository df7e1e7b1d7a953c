import type { FieldEdit } from '../shared/field-edit.ts'
import { prepareFieldName, prepareResponseValue } from '../shared/field-option.schema.ts'
import type { HeadersOptions } from './headers-options.schema.ts'
import type { NoncePolicy, SecureConfig } from './secure-headers.ts'

/** The security part of the options of `headers`; null when nothing of it is set. */
export function prepareSecure(options: HeadersOptions): SecureConfig | null {
  const { allowedHosts = [], hostsProxyHeaders = [], sslProxyHeaders = {}, isDevelopment = false } = options
  const fields: FieldEdit[] = []
  const noncePolicies: NoncePolicy[] = []
  const add = (name: string, configured: string | undefined): void => {
    const value = prepareResponseValue(configured ?? '', name)
    if (value !== '') fields.push({ name, value })
  }
  const addPolicy = (name: string, configured: string | undefined): void => {
    if (!configured?.includes('$NONCE')) add(name, configured)
    else noncePolicies.push({ name, parts: prepareResponseValue(configured, name).split('$NONCE') })
  }

  add('X-Frame-Options', options.customFrameOptionsValue || (options.frameDeny ? 'DENY' : ''))
  add('X-Content-Type-Options', options.contentTypeNosniff ? 'nosniff' : '')
  add('X-XSS-Protection', options.customBrowserXSSValue || (options.browserXssFilter ? '1; mode=block' : ''))
  addPolicy('Content-Security-Policy', options.contentSecurityPolicy)
  addPolicy('Content-Security-Policy-Report-Only', options.contentSecurityPolicyReportOnly)
  add('Referrer-Policy', options.referrerPolicy)
  add('Permissions-Policy', options.permissionsPolicy)

  const tlsFields: FieldEdit[] = []
  if (!isDevelopment) {
    const sts = transportSecurity(options)
    if (sts !== null) (options.forceSTSHeader ? fields : tlsFields).push(sts)
    const pins = prepareResponseValue(options.publicKey ?? '', 'publicKey')
    if (pins !== '') tlsFields.push({ name: 'Public-Key-Pins', value: pins })
  }
  if (!isAnySet(options)) return null
  return {
    allowedHosts: isDevelopment ? [] : allowedHosts.map((host) => host.toLowerCase()),
    hostsProxyHeaders: hostsProxyHeaders.map(prepareFieldName),
    sslProxyHeaders: Object.entries(sslProxyHeaders).map(([name, value]) => [
      prepareFieldName(name),
      prepareResponseValue(value, name),
    ]),
    fields,
    tlsFields,
    noncePolicies,
  }
}

/** `Strict-Transport-Security`, or null where none is to be sent. */
function transportSecurity({ stsSeconds = 0, stsIncludeSubdomains, stsPreload }: HeadersOptions): FieldEdit | null {
  if (stsSeconds === 0) return null
  const value = `max-age=${stsSeconds}${stsIncludeSubdomains ? '; includeSubDomains' : ''}${stsPreload ? '; preload' : ''}`
  return { name: 'Strict-Transport-Security', value }
}

/** Whether any option is set, even one that has no effect by itself: such a configuration is valid. */
function isAnySet(options: HeadersOptions): boolean {
  const texts = [
    options.customFrameOptionsValue,
    options.customBrowserXSSValue,
    options.contentSecurityPolicy,
    options.contentSecurityPolicyReportOnly,
    options.publicKey,
    options.referrerPolicy,
    options.permissionsPolicy,
  ]
  const flags = [
    options.stsIncludeSubdomains,
    options.stsPreload,
    options.forceSTSHeader,
    options.frameDeny,
    options.contentTypeNosniff,
    options.browserXssFilter,
    options.isDevelopment,
  ]
  return (
    options.stsSeconds !== undefined ||
    [...texts, ...flags].some(Boolean) ||
    (options.allowedHosts ?? []).length > 0 ||
    (options.hostsProxyHeaders ?? []).length > 0 ||
    Object.keys(options.sslProxyHeaders ?? {}).length > 0
  )
}
