import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { textOf } from '../fields.ts'
import { type DnsAnswer, DnsApi, type DnsApiPorts } from './api.ts'
import { type CreateDnsProvider, DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS } from './provider.ts'
import { Turns } from './turns.ts'

const HTTP_TIMEOUT_MS = 30_000
const STORAGE_TIMEOUT_MS = 120_000
const PROVIDER = 'acme-dns'

/** What a server of acme-dns gave us for a domain. */
interface Account {
  readonly fulldomain: string
  readonly subdomain: string
  readonly username: string
  readonly password: string
  readonly server_url: string
}

/** Where accounts are kept. */
interface AccountStorage {
  /** Null: the domain has none. */
  fetch(domain: string, signal: AbortSignal): Promise<Account | null>
  /** @returns whether it has seen to the alias of the domain too */
  put(domain: string, account: Account, signal: AbortSignal): Promise<boolean>
}

/**
 * A server of acme-dns, to which a name is an alias once and for all. It keeps the last two values, so that nothing is
 * taken away.
 */
export const createAcmeDns: CreateDnsProvider = (ports) => {
  const { env } = ports
  const endpoint = env.needed(PROVIDER, 'ACME_DNS_API_BASE')
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint,
      timeoutMs: HTTP_TIMEOUT_MS,
      secrets: [],
      said: (content) => textOf(content, 'error'),
    },
    ports,
  )
  const [file, base] = [env.text('ACME_DNS_STORAGE_PATH'), env.text('ACME_DNS_STORAGE_BASE_URL')]
  if (file === '' && base === '') {
    throw new Error('acme-dns: ACME_DNS_STORAGE_PATH or ACME_DNS_STORAGE_BASE_URL is missing')
  }
  if (file !== '' && base !== '') {
    throw new Error('acme-dns: ACME_DNS_STORAGE_PATH and ACME_DNS_STORAGE_BASE_URL can’t be used both')
  }
  const storage = file === '' ? storageAt(base, ports) : storageIn(file)
  const allowList = env.text('ACME_DNS_ALLOWLIST')
  const turns = new Turns()

  const register = async (domain: string, signal: AbortSignal): Promise<Account> => {
    const json = allowList === '' ? {} : { json: { allowfrom: allowList.split(',') } }
    const answer = await api.ask({ operation: 'register', method: 'POST', path: '/register', ...json }, signal)
    const account = accountOf(answer.json(), endpoint)
    if (account === null) throw answer.complaint('the answer is no account')
    if (await storage.put(domain, account, signal)) return account
    throw new Error(
      `acme-dns: there is a new account for ${domain}: to go on, its zone needs the record _acme-challenge.${domain}. CNAME ${account.fulldomain.replace(/\.$/, '')}.`,
    )
  }

  return {
    async present({ domain, value }, signal) {
      const account = await turns.take(
        domain,
        signal,
        async () => (await storage.fetch(domain, signal)) ?? (await register(domain, signal)),
      )
      const json = { subdomain: account.subdomain, txt: value }
      const headers = { 'x-api-user': account.username, 'x-api-key': account.password }
      const call = { operation: 'set the record', method: 'POST', path: '/update', json, headers } as const
      const answer = await api.ask(call, signal)
      if (textOf(answer.json(), 'txt') !== value) throw answer.complaint('the answer does not repeat the value')
    },
    async cleanUp() {},
    timeoutMs: DEFAULT_TIMEOUT_MS,
    intervalMs: DEFAULT_INTERVAL_MS,
    sequenceMs: null,
  }
}

/** Null: it is none that is whole. */
function accountOf(content: unknown, serverUrl: string): Account | null {
  const account = {
    fulldomain: textOf(content, 'fulldomain'),
    subdomain: textOf(content, 'subdomain'),
    username: textOf(content, 'username'),
    password: textOf(content, 'password'),
    server_url: textOf(content, 'server_url') || serverUrl,
  }
  return Object.values(account).includes('') ? null : account
}

/** A file as lego writes it: accounts by domains. One that is broken is an error, and nothing is written over it. */
function storageIn(file: string): AccountStorage {
  const turns = new Turns()
  const read = async (): Promise<Readonly<Record<string, unknown>>> => {
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
      throw new Error(`acme-dns: the file of accounts can’t be read: ${(error as NodeJS.ErrnoException).code}`)
    }
    const all = parseAccounts(text)
    if (all === null) throw new Error('acme-dns: the file of accounts is no JSON object')
    return all
  }
  return {
    async fetch(domain) {
      const all = await read()
      if (!Object.hasOwn(all, domain)) return null
      const account = accountOf(all[domain], '-')
      if (account === null) throw new Error(`acme-dns: the account of ${domain} in the file is not whole`)
      return account
    },
    async put(domain, account, signal) {
      await turns.take('file', signal, async () => {
        const fresh = `${file}.${randomUUID()}`
        try {
          await writeFile(fresh, JSON.stringify({ ...(await read()), [domain]: account }), { mode: 0o600, flush: true })
          await rename(fresh, file)
        } catch (error) {
          await rm(fresh, { force: true })
          throw error
        }
      })
      return false
    },
  }
}

function parseAccounts(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const all = JSON.parse(text) as unknown
    return typeof all === 'object' && all !== null && !Array.isArray(all) ? (all as Record<string, unknown>) : null
  } catch {
    // The parser's words repeat a piece of the content: it holds passwords.
    return null
  }
}

/** A service that keeps accounts: `GET` and `POST` of `BASE/DOMAIN`. */
function storageAt(endpoint: string, ports: DnsApiPorts): AccountStorage {
  const api = new DnsApi({ provider: PROVIDER, endpoint, timeoutMs: STORAGE_TIMEOUT_MS, secrets: [] }, ports)
  const ask = (
    operation: string,
    method: 'GET' | 'POST',
    domain: string,
    more: object,
    signal: AbortSignal,
  ): Promise<DnsAnswer> => api.ask({ operation, method, path: `/${encodeURIComponent(domain)}`, ...more }, signal)
  return {
    async fetch(domain, signal) {
      const answer = await ask('fetch the account', 'GET', domain, { accept: [404] }, signal)
      if (answer.status === 404) return null
      const account = accountOf(answer.json(), '-')
      if (account === null) throw answer.complaint('the answer is no account')
      return account
    },
    async put(domain, account, signal) {
      const answer = await ask('keep the account', 'POST', domain, { json: account }, signal)
      return answer.status === 201
    },
  }
}
