import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import type { HistoryEntry } from '../../adapters/cli/edge/history.ts'
import { importPublicKeys } from '../../src/plan/signed-line.ts'
import { openPlan } from '../../src/plan/signed-plan.ts'
import { fakeApi } from './cloudflare-api.ts'
import { edge, keygen } from './command.ts'
import { temporaryFolder } from './files.ts'

/** A routing configuration with these routers. */
export const routing = (...names: string[]) => ({
  http: {
    routers: Object.fromEntries(names.map((name) => [name, { rule: `Path(\`/${name}\`)`, service: 's' }])),
    services: { s: { loadBalancer: { passHostHeader: false, servers: [{ url: 'http://app.example.test' }] } } },
  },
})

/** A project: an API, a key, a folder, and the command in it. */
export async function project(options: { readonly pageSize?: number } = {}) {
  const [api, key, folder] = [await fakeApi(options), await keygen(), temporaryFolder()]
  const env = { ...api.env, SIGNALBOX_SIGNING_KEY: readFileSync(key.file, 'utf8') }
  const write = (name: string, content: unknown) =>
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  const run = (...args: string[]) => edge([...args, '--namespace-id', 'ns1'], env, folder)
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args)
    expect([stderr, code]).toEqual(['', 0])
    return stdout
  }
  const reader = { keys: await importPublicKeys(key.publicKey), audience: '' }
  const live = async () => {
    const { head, plan } = await (await openPlan(api.values.get('plan')!.value, reader)).publication()
    return { ...head, routers: Object.keys(plan.routers).sort() }
  }
  const push = async (...names: string[]) => {
    write('routing.yml', routing(...names))
    await said('push', '--config', 'routing.yml')
    return (await live()).revision
  }
  const history = async () => JSON.parse(await said('history', '--json')) as HistoryEntry[]
  return { api, key, folder, env, write, run, said, live, push, history }
}
