import type { Api } from './server.ts'

export const DUCKDNS_TOKEN = 'duckdns-token'

/** A domain has one text, whatever the name below it. */
export const duckDns: Api = ({ path, query }, store) => {
  const isFine =
    path === '/update' && query.get('token') === DUCKDNS_TOKEN && query.get('domains') === 'mine.duckdns.org'
  if (!isFine) return { text: 'KO' }
  store.set('_acme-challenge.mine.duckdns.org', query.get('clear') === 'true' ? [] : [query.get('txt')!], 60)
  return { text: 'OK' }
}
