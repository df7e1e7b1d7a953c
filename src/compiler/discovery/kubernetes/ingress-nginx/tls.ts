import type { HttpServersTransport } from '../../../dynamic/http.ts'
import { type TlsOptions, tlsOptionsSchema } from '../../../dynamic/tls.ts'
import type { Secret } from '../objects.ts'
import { keysHint, secretOf, secretTexts, withoutPath } from '../secrets.ts'
import { Unusable } from '../servers.ts'
import type { AnnotationName } from './annotation-table.ts'
import { annotationField, type NginxAnnotations } from './annotations.ts'
import { schemeOf } from './backends.ts'
import type { IngressScope, Location, NginxMiddleware } from './location.ts'
import { referenceIn } from './references.ts'

/** PEM texts of a Secret. */
interface Blocks {
  readonly ca: string | null
  readonly pair: { readonly certFile: string; readonly keyFile: string } | null
}

/** Throws `Unusable` for a Secret that has neither. */
export function blocksIn(secret: Secret, field: string): Blocks {
  const title = `secret ${secret.metadata.namespace}/${secret.metadata.name}`
  const texts = secretTexts(secret)
  const read = (key: string, what: string): string | null => {
    const text = texts.get(key)
    if (text === undefined) return null
    if (text === '') throw new Unusable(`${title} contains an empty ${what}`, field)
    return withoutPath(text, title, key, field)
  }
  const certFile = read('tls.crt', 'certificate')
  const keyFile = read('tls.key', 'key')
  const ca = read('ca.crt', 'CA certificate')
  if (certFile === null && keyFile === null && ca === null) {
    throw new Unusable(`${title} does not contain a keypair or CA certificate`, field, keysHint(texts))
  }
  return { ca, pair: certFile === null || keyFile === null ? null : { certFile, keyFile } }
}

function referredBlocks(scope: IngressScope, annotation: AnnotationName, text: string): Blocks {
  const { namespace, name } = referenceIn(scope, annotation, text, annotation)
  const field = annotationField(annotation)
  const secret = secretOf(scope.world, namespace, name, field, `secret ${namespace}/${name} does not exist`)
  return blocksIn(secret, field)
}

const LONGEST_SECONDS = 10 ** 9

/** How servers are connected to. Throws `Unusable`. */
export function transportOf(scope: IngressScope): HttpServersTransport {
  const { annotations, options } = scope
  const seconds = (name: AnnotationName, value: number): string => {
    if (value >= 0 && value <= LONGEST_SECONDS) return `${value}s`
    scope.findings.warn(annotationField(name), `${name} ${value} is no time: there is no limit`, 'seconds, from 0 on')
    return '0s'
  }
  const transport: HttpServersTransport = {
    forwardingTimeouts: {
      dialTimeout: seconds(
        'proxy-connect-timeout',
        annotations['proxy-connect-timeout'] ?? options.proxyConnectTimeout,
      ),
      readTimeout: seconds('proxy-read-timeout', annotations['proxy-read-timeout'] ?? options.proxyReadTimeout),
      writeTimeout: seconds('proxy-send-timeout', annotations['proxy-send-timeout'] ?? options.proxySendTimeout),
      idleConnTimeout: `${Math.max(0, options.upstreamKeepaliveTimeout)}s`,
      pingTimeout: '0s',
    },
    ...httpVersion(scope),
  }
  if (schemeOf(annotations) !== 'https') {
    tellWithoutTls(scope)
    return transport
  }
  const serverName = annotations['proxy-ssl-name'] ?? annotations['proxy-ssl-server-name'] ?? ''
  const isVerified = (annotations['proxy-ssl-verify'] ?? 'off').toLowerCase() === 'on'
  const reference = annotations['proxy-ssl-secret'] ?? ''
  const blocks = reference === '' ? null : referredBlocks(scope, 'proxy-ssl-secret', reference)
  return {
    ...transport,
    ...(serverName === '' ? {} : { serverName }),
    ...(isVerified ? {} : { insecureSkipVerify: true }),
    ...(blocks?.ca == null ? {} : { rootCAs: [blocks.ca] }),
    ...(blocks?.pair == null ? {} : { certificates: [blocks.pair] }),
  }
}

function httpVersion({ annotations, findings }: IngressScope): { disableHTTP2?: boolean } {
  const version = annotations['proxy-http-version'] ?? ''
  if (version === '1.1') return { disableHTTP2: true }
  if (version !== '') {
    const field = annotationField('proxy-http-version')
    findings.warn(field, `proxy-http-version ${JSON.stringify(version)} is ignored`, 'write "1.1", or leave it out')
  }
  return {}
}

/** Who asks for checks of certificates and speaks without TLS gets none. */
function tellWithoutTls({ annotations, findings }: IngressScope): void {
  for (const name of ['proxy-ssl-secret', 'proxy-ssl-verify', 'proxy-ssl-name', 'proxy-ssl-server-name'] as const) {
    if (annotations[name] === undefined) continue
    findings.warn(annotationField(name), `${name} has no effect without TLS`, 'write backend-protocol: HTTPS')
  }
}

/** `auth-tls-verify-client` as TLS options have it. */
const clientAuthType = ({ 'auth-tls-verify-client': verify }: NginxAnnotations): string => {
  switch (verify) {
    case 'off':
      return 'NoClientCert'
    case 'optional':
      return 'VerifyClientCertIfGiven'
    case 'optional_no_ca':
      return 'RequestClientCert'
    default:
      return 'RequireAndVerifyClientCert'
  }
}

const VERIFY_WORDS = ['on', 'off', 'optional', 'optional_no_ca']

/** TLS options that ask clients for certificates: the same for all Ingresses that ask alike. */
export interface ClientAuth {
  readonly name: string
  readonly element: TlsOptions
}

/** Null: nobody is asked. Throws `Unusable`. */
export function clientAuth(scope: IngressScope): ClientAuth | null {
  const { annotations, findings } = scope
  const verify = annotations['auth-tls-verify-client']
  if (verify !== undefined && !VERIFY_WORDS.includes(verify)) {
    const message = `auth-tls-verify-client ${JSON.stringify(verify)} counts as "on"`
    findings.warn(annotationField('auth-tls-verify-client'), message, `one of ${VERIFY_WORDS.join(', ')}`)
  }
  const reference = annotations['auth-tls-secret']
  if (reference === undefined) {
    for (const name of ['auth-tls-verify-client', 'auth-tls-pass-certificate-to-upstream'] as const) {
      if (annotations[name] === undefined) continue
      findings.warn(annotationField(name), `${name} has no effect without auth-tls-secret`)
    }
    return null
  }
  const { ca } = referredBlocks(scope, 'auth-tls-secret', reference)
  if (ca === null) {
    throw new Unusable('secret does not contain a CA certificate', annotationField('auth-tls-secret'), 'key ca.crt')
  }
  const { namespace, name } = referenceIn(scope, 'auth-tls-secret', reference, 'auth-tls-secret')
  const type = clientAuthType(annotations)
  const words = type.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase()
  return {
    name: `${namespace}-${namespace.length}-${name}-${name.length}-${words}`,
    element: tlsOptionsSchema.parse({ clientAuth: { caFiles: [ca], clientAuthType: type } }),
  }
}

/** Tells servers about the certificate of the client, also that there is none. */
export function passCertificate(location: Location): NginxMiddleware | null {
  const { annotations } = location
  const reference = annotations['auth-tls-secret']
  if (annotations['auth-tls-pass-certificate-to-upstream'] !== true || reference === undefined) return null
  const type = clientAuthType(annotations)
  // The connection does not check it: that is done where it is passed on.
  const ca = type === 'RequestClientCert' ? referredBlocks(location, 'auth-tls-secret', reference).ca : null
  return {
    suffix: 'pass-certificate-to-upstream',
    middleware: {
      authTLSPassCertificateToUpstream: { clientAuthType: type, ...(ca === null ? {} : { caFiles: [ca] }) },
    },
  }
}

/** The certificates of an Ingress; one that can't be loaded is told. */
export function certificatesOf(scope: IngressScope, names: readonly string[]): Map<string, Blocks['pair'] & object> {
  const certificates = new Map<string, Blocks['pair'] & object>()
  names.forEach((name, at) => {
    if (name === '') return
    const field = `spec.tls[${at}].secretName`
    const key = `${scope.namespace}/${name}`
    try {
      const { pair } = blocksIn(
        secretOf(scope.world, scope.namespace, name, field, `secret ${key} does not exist`),
        field,
      )
      if (pair === null) throw new Unusable(`no keypair found in secret ${key}`, field)
      certificates.set(key, pair)
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      const message = `Error loading TLS certificates, defaulting to default certificate: ${error.message}`
      scope.findings.warn(error.field, message, error.hint)
    }
  })
  return certificates
}
