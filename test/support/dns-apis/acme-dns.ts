import type { Api } from './server.ts'

export const ACME_DNS_ACCOUNT = {
  fulldomain: 'sub-1.acme-dns.test',
  subdomain: 'sub-1',
  username: 'user-1',
  password: 'acme-dns-password',
} as const

/** The last two values stand. */
export const acmeDns: Api = ({ method, path, headers, body }, store) => {
  if (method !== 'POST') return { status: 405 }
  if (path === '/register') return { status: 201, json: { ...ACME_DNS_ACCOUNT, allowfrom: [] } }
  const isOurs =
    headers['x-api-user'] === ACME_DNS_ACCOUNT.username && headers['x-api-key'] === ACME_DNS_ACCOUNT.password
  if (path !== '/update' || !isOurs) return { status: 401, json: { error: 'forbidden' } }
  const { subdomain, txt } = JSON.parse(body) as { subdomain: string; txt: string }
  const name = `${subdomain}.acme-dns.test`
  store.set(name, [...store.texts(name), txt].slice(-2), 1)
  return { json: { txt } }
}

/** A service that keeps accounts, and makes aliases itself. */
export const acmeDnsAccounts: Api = ({ method, path }) => {
  if (method === 'POST') return { status: 201 }
  return path === '/known.zone.test'
    ? { json: { ...ACME_DNS_ACCOUNT, server_url: 'https://acme-dns.test' } }
    : { status: 404 }
}
