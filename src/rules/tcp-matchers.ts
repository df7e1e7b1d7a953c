import { planRegexp } from './go-regexp/plan-regexp.ts'
import { checkRange, goQuote, isAscii, type MatcherSyntax, match } from './matchers.ts'
import { planTemplate } from './mux-template.ts'

/** The matchers of TCP rules in both syntaxes, with Traefik's words (`pkg/muxer/tcp`). */

const ACME = 'acme-tls/1'
const HOST = /^[\w.:-]+$/
const WILDCARD = /^\*\.[\w.:-]+$/

/** The v3 syntax: each takes exactly one argument. */
export const tcpMatchersV3: Readonly<Record<string, MatcherSyntax>> = {
  ALPN: single((protocol) => {
    if (protocol !== ACME) return match('ALPN', [protocol])
    throw new Error(`invalid protocol value for ALPN matcher, ${goQuote(protocol)} is not allowed`)
  }),
  ClientIP: single((range) => {
    checkRange(range, 'initializing IP checker for ClientIP matcher')
    return match('ClientIP', [range])
  }),
  HostSNI: single((host) => {
    if (host === '*') return match('Any', [])
    if (HOST.test(host) || WILDCARD.test(host)) return match('HostSNI', [canonical(host)])
    throw new Error(`invalid value for HostSNI matcher, ${goQuote(host)} is not a valid hostname`)
  }),
  HostSNIRegexp: single((pattern) => {
    if (!isAscii(pattern)) {
      throw new Error(`invalid value for HostSNIRegexp matcher, ${goQuote(pattern)} is not a valid hostname`)
    }
    try {
      return match('HostSNIRegexp', [pattern], [planRegexp(pattern)])
    } catch (error) {
      throw new Error(`compiling HostSNIRegexp matcher: ${(error as Error).message}`)
    }
  }),
}

/** The deprecated v2 syntax: any number of alternatives, templates, no wildcards of one label. */
export const tcpMatchersV2: Readonly<Record<string, MatcherSyntax>> = {
  ALPN: (protocols) => {
    if (!protocols.includes(ACME)) return match('ALPN', protocols)
    throw new Error(`invalid protocol value for "ALPN" matcher, ${goQuote(ACME)} is not allowed`)
  },
  ClientIP: (ranges) => {
    for (const range of ranges) checkRange(range, 'could not initialize IP Checker for "ClientIP" matcher')
    return match('ClientIP', ranges)
  },
  HostSNI: (hosts) => {
    for (const host of hosts) {
      if (host === '*' || HOST.test(host)) continue
      throw new Error(`invalid value for "HostSNI" matcher, ${goQuote(host)} is not a valid hostname or IP`)
    }
    // A connection without SNI is taken by a star in front only.
    if (hosts[0] === '*') return match('Any', [])
    return hosts.includes('*') ? match('AnyHost', []) : match('HostSNI', hosts.map(canonical))
  },
  HostSNIRegexp: (templates) => match('HostSNIRegexp', templates, templates.map(compileTemplate)),
}

function single(syntax: (arg: string) => ReturnType<MatcherSyntax>): MatcherSyntax {
  return (args) => {
    if (args.length === 1) return syntax(args[0]!)
    throw new Error(`unexpected number of parameters; got ${args.length}, expected 1`)
  }
}

const canonical = (host: string): string => host.toLowerCase().replace(/\.$/, '')

function compileTemplate(template: string) {
  try {
    return planTemplate(template, 'host')
  } catch (error) {
    const { message } = error as Error
    if (!message.startsWith('mux:')) throw error
    const value = goQuote(template)
    throw new Error(`invalid pattern value for "HostSNIRegexp" matcher, ${value} is not a valid pattern: ${message}`)
  }
}
