import { readFileSync } from 'node:fs'
import net from 'node:net'
import {
  CLASS_IN,
  CLASS_NONE,
  codeText,
  parseReply,
  type ResourceRecord,
  TYPE_TXT,
  textData,
  updateMessage,
} from '../../names/dns-message.ts'
import type { Environment } from './environment.ts'
import { type NameServer, parseNameServer, resolverOf, zoneOf } from './name-servers.ts'
import {
  type CreateDnsProvider,
  DEFAULT_INTERVAL_MS,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_TTL,
  type DnsRecord,
} from './provider.ts'
import { signedUpdate, type TsigKey, tsigKey, verifyReply } from './tsig.ts'

const DNS_TIMEOUT_MS = 10_000

/** Both prefixes are lego's. */
const variable = (name: string): readonly string[] => [`DNSUPDATE_${name}`, `RFC2136_${name}`]

/**
 * Records by dynamic updates (RFC 2136), signed where there is a key (RFC 8945). Each record is added and removed on its
 * own, so that several for one name stand side by side.
 */
export const createRfc2136: CreateDnsProvider = ({ env, clock }) => {
  const server = parseNameServer(env.needed('rfc2136', ...variable('NAMESERVER')))
  const key = keyOf(env)
  const ttl = env.number(DEFAULT_TTL, ...variable('TTL'))
  const limitMs = env.seconds(DNS_TIMEOUT_MS, ...variable('DNS_TIMEOUT'))
  const zones = env.text(...variable('ZONES')).split(',')

  const change = async ({ fqdn, value }: DnsRecord, isNew: boolean, signal: AbortSignal): Promise<void> => {
    const zone = zoneAmong(zones, fqdn) ?? (await zoneOf(fqdn, await resolverOf([addressText(server)])))
    const record: ResourceRecord = {
      name: fqdn,
      type: TYPE_TXT,
      class: isNew ? CLASS_IN : CLASS_NONE,
      ttl: isNew ? ttl : 0,
      data: textData(value),
    }
    const update = updateMessage(zone, [record])
    const signed = key === null ? null : signedUpdate(update, key, clock.date())
    const answer = await ask(server, signed?.bytes ?? update.bytes, limitMs, signal)
    const reply = parseReply(answer)
    if (reply.id !== update.id) throw new Error('the name server’s answer is to something else')
    if (reply.code !== 0) throw new Error(`the name server answers ${codeText(reply.code)}`)
    if (key !== null && signed !== null) verifyReply(answer, reply, key, signed.mac, clock.date())
  }

  const named = async (task: Promise<void>, what: string): Promise<void> => {
    try {
      await task
    } catch (error) {
      throw new Error(`rfc2136: failed to ${what}: ${(error as Error).message}`)
    }
  }

  return {
    present: (record, signal) => named(change(record, true, signal), 'insert'),
    cleanUp: (record, signal) => named(change(record, false, signal), 'remove'),
    timeoutMs: env.seconds(DEFAULT_TIMEOUT_MS, ...variable('PROPAGATION_TIMEOUT')),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, ...variable('POLLING_INTERVAL')),
    sequenceMs: null,
  }
}

const addressText = ({ host, port }: NameServer): string => (net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`)

/** The longest of the zones that variables name. */
function zoneAmong(zones: readonly string[], fqdn: string): string | null {
  const dotted = zones.map((zone) => zone.trim().replace(/\.?$/, '.')).filter((zone) => zone !== '.')
  const fitting = dotted.filter((zone) => fqdn === zone || fqdn.endsWith(`.${zone}`))
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null
}

/** Null: messages are not signed. */
function keyOf(env: Environment): TsigKey | null {
  const file = env.text(...variable('TSIG_FILE'))
  if (file !== '') return keyInFile(file)
  const name = env.text(...variable('TSIG_KEY'))
  const secret = env.text(...variable('TSIG_SECRET'))
  if (name === '' || secret === '') return null
  return tsigKey(name, env.text(...variable('TSIG_ALGORITHM')) || 'hmac-sha1', secret)
}

/** As `tsig-keygen` writes it: `key "NAME" { algorithm …; secret "…"; };`. */
function keyInFile(file: string): TsigKey {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`the TSIG key file can’t be read: ${(error as NodeJS.ErrnoException).code}`)
  }
  const [, name, body] = /\bkey\s+"?([^\s"{]+)"?\s*\{([^}]*)\}/.exec(text) ?? []
  const field = (label: string): string => new RegExp(`\\b${label}\\s+"?([^\\s";]+)"?\\s*;`).exec(body ?? '')?.[1] ?? ''
  if (name === undefined) throw new Error('the TSIG key file has no key')
  return tsigKey(name, field('algorithm'), field('secret'))
}

/** Over TCP: no answer is cut off, and none comes from somebody else. */
function ask({ host, port }: NameServer, message: Buffer, limitMs: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
    const socket = net.connect({ host, port, signal: limit })
    let received = Buffer.alloc(0)
    socket.once('connect', () => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(message.length)
      socket.write(Buffer.concat([length, message]))
    })
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      resolve(received.subarray(2, 2 + received.readUInt16BE(0)))
      socket.destroy()
    })
    socket.once('error', (error) =>
      reject(limit.aborted && !signal.aborted ? new Error(`no answer within ${limitMs / 1000} s`) : error),
    )
    socket.once('close', () => reject(new Error('the name server closed the connection')))
  })
}
