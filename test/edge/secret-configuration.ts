import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
export const sha1 = (text: string) => createHash('sha1').update(text).digest('base64')

/** Twelve kinds of credentials, by the name of the Worker's secret. */
export const secrets: Readonly<Record<string, string>> = {
  BASIC: `{SHA}${sha1('sesame')}`,
  DIGEST: md5('ann:traefik:sesame'),
  BEARER: 'bearer-of-the-request-1f0a',
  ANSWER: 'field-of-the-answer-2e1b',
  PREFIX: 'prefix-3d2c',
  PATH_KEY: 'path-4c3d',
  TARGET: 'target-5b4e',
  ADDRESS: 'query-6a5f',
  SERVER_USER: 'user-7960',
  PROBE: 'probe-8871',
  BODY: 'body-9782',
  PAGE: 'page-a693',
}
export const of = (name: string) => `\${secret:${name}}`

/** What has each of them in the place where users have it. @param url of the server behind it */
export const configuration = (url: string) => {
  const rules: Readonly<Record<string, object>> = {
    basic: { basicAuth: { users: [`ann:${of('BASIC')}`] } },
    digest: { digestAuth: { users: [`ann:traefik:${of('DIGEST')}`] } },
    fields: {
      headers: {
        customRequestHeaders: { Authorization: `Bearer ${of('BEARER')}` },
        customResponseHeaders: { 'X-Key': of('ANSWER') },
      },
    },
    prefix: { addPrefix: { prefix: `/${of('PREFIX')}` } },
    path: { replacePath: { path: `/${of('PATH_KEY')}` } },
    away: { redirectRegex: { regex: '.*', replacement: `https://other.test/${of('TARGET')}` } },
    auth: { forwardAuth: { address: `${url}/auth?key=${of('ADDRESS')}` } },
    pages: { errors: { status: ['200'], service: 'plain', query: `/page?key=${of('PAGE')}` } },
    body: { respond: { status: 200, body: of('BODY') } },
  }
  const names = Object.keys(rules)
  const routers = names.map((name) => [
    name,
    { rule: `PathPrefix(\`/${name}\`)`, service: 'plain', middlewares: [name] },
  ])
  return {
    http: {
      routers: {
        ...Object.fromEntries(routers),
        user: { rule: 'PathPrefix(`/user`)', service: 'user' },
        missing: { rule: 'PathPrefix(`/missing`)', service: 'plain', middlewares: ['missing'] },
        api: { rule: 'PathPrefix(`/api`)', service: 'api@internal' },
      },
      middlewares: { ...rules, missing: { addPrefix: { prefix: `/${of('NOBODY_KNOWS')}` } } },
      services: {
        plain: { loadBalancer: { servers: [{ url }] } },
        user: {
          loadBalancer: {
            servers: [{ url: url.replace('//', `//${of('SERVER_USER')}@`) }],
            healthCheck: { path: '/', interval: '1h', headers: { 'X-Probe': of('PROBE') } },
          },
        },
      },
    },
  }
}

/** The texts in which a secret occurs, whichever way it may be written there. */
export const tellers = (texts: readonly string[]): readonly string[] =>
  texts.filter((text) =>
    Object.values(secrets).some((secret) =>
      [secret, btoa(secret).replace(/=+$/, ''), secret.slice(-12)].some((form) => text.includes(form)),
    ),
  )

/** A stored value as a text, and what is in it as gzip. */
export const textsOf = (value: Buffer): readonly string[] => [value.toString('latin1'), ...inflated(value)]

/** What is in a value as gzip. */
function inflated(value: Buffer): string[] {
  const texts: string[] = []
  for (
    let at = value.indexOf('\x1f\x8b\x08', 0, 'latin1');
    at !== -1;
    at = value.indexOf('\x1f\x8b\x08', at + 1, 'latin1')
  )
    texts.push(gunzipSync(value.subarray(at)).toString('latin1'))
  return texts
}
