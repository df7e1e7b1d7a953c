import { writeFile } from 'node:fs/promises'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { EdgeError } from './edge-error.ts'
import type { PlanFile } from './plan-source.ts'
import type { KvNamespace } from './publish.ts'

const HELP = `signalbox edge push --config routing.yml --key signing-key.pem

  Publishes routing.yml to the Workers that read the KV namespace in wrangler.toml.

usage: signalbox edge COMMAND

  dev --config FILE [--port 8787] [--host 127.0.0.1] [--log-level error]
      Serves FILE from workerd on this machine and follows its changes.
  push --config FILE [--key FILE] [where]
      Plans FILE, signs the plan and publishes it.
  rollback [--to REVISION] [--key FILE] [where]
      Publishes an earlier plan again.
  revisions [where]
      Lists what can be rolled back to.
  drain SERVICE SERVER [--undo] [where]
      The server, by its URL, gets no new sessions; those bound to it by a cookie go on.
  maintenance MIDDLEWARE on|off|auto [where]
      Switches a \`maintenance\` middleware, whatever the configuration says; auto: as configured.
  flags [where]
      Prints what is switched by hand. It stays so over publications.
  keygen --out FILE
      Makes a signing key and prints the public key for the worker.

The signing key comes from --key or from SIGNALBOX_SIGNING_KEY.

where: --namespace-id ID   KV namespace, by Cloudflare's API
       --wrangler FILE     takes the id from there (default: wrangler.toml)
       --binding NAME      the namespace's binding (default: SIGNALBOX_KV)
       --local             the namespace that \`wrangler dev\` uses here
`

const where = {
  'namespace-id': { type: 'string' },
  wrangler: { type: 'string', default: 'wrangler.toml' },
  binding: { type: 'string', default: 'SIGNALBOX_KV' },
  local: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options']

const print = (text: string) => {
  process.stdout.write(text)
}

/** `signalbox edge …`; returns the exit status. */
export async function runEdge(args: readonly string[], planFile: PlanFile): Promise<number> {
  const [name = '', ...rest] = args
  const command = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined
  if (command === undefined) {
    const asked = name === 'help' || name === '--help' || name === '-h'
    ;(asked ? process.stdout : process.stderr).write(HELP)
    return asked ? 0 : 1
  }
  try {
    return await command(rest, planFile)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!(error instanceof EdgeError) && !code.startsWith('ERR_PARSE_ARGS')) throw error
    process.stderr.write(`signalbox edge ${name}: ${(error as Error).message}\n`)
    return 1
  }
}

const commands = { dev, push, rollback, revisions, drain, maintenance, flags, keygen } as const

async function dev(args: string[], planFile: PlanFile): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      'log-level': { type: 'string', default: 'error' },
    },
  })
  if (!/^[0-9]{1,5}$/.test(values.port)) throw new EdgeError(`--port ${values.port} is no port`)
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  const { startDev } = await import('./dev.ts')
  const server = await startDev({
    config: configOf(values.config),
    host: values.host,
    port: Number(values.port),
    logLevel: values['log-level'],
    planFile,
    print,
  })
  await stopped
  await server.stop()
  return 0
}

async function push(args: string[], planFile: PlanFile): Promise<number> {
  const { values } = parseArgs({ args, options: { ...where, config: { type: 'string' }, key: { type: 'string' } } })
  const config = configOf(values.config)
  const [{ loadSigningKey }, { push: pushFile }] = await Promise.all([import('./signing-keys.ts'), import('./push.ts')])
  const key = await loadSigningKey(values.key ?? null, process.env)
  await pushFile(config, planFile, await namespace(values), key, print)
  return 0
}

async function rollback(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...where, to: { type: 'string' }, key: { type: 'string' } } })
  const { to } = values
  if (to !== undefined && !/^[0-9]{1,15}$/.test(to)) throw new EdgeError(`--to ${to} is no revision`)
  const [{ loadSigningKey }, { rollback: bringBack }] = await Promise.all([
    import('./signing-keys.ts'),
    import('./publish.ts'),
  ])
  const key = await loadSigningKey(values.key ?? null, process.env)
  const kv = await namespace(values)
  const { revision, rollbackOf } = await bringBack(kv, key, to === undefined ? null : Number(to), Date.now())
  print(`Published revision ${revision} to ${kv.title}: the plan of revision ${rollbackOf}\n`)
  return 0
}

async function revisions(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: where })
  const { history } = await import('./publish.ts')
  for (const revision of await history(await namespace(values))) {
    print(`${revision}  ${new Date(revision).toISOString()}\n`)
  }
  return 0
}

async function drain(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...where, undo: { type: 'boolean', default: false } },
  })
  const [service, server, ...rest] = positionals
  if (service === undefined || server === undefined || rest.length > 0) {
    throw new EdgeError('a service and the URL of one of its servers are needed')
  }
  const { drainServer } = await import('./flags.ts')
  print(await drainServer(await namespace(values), service, server, !values.undo))
  return 0
}

async function maintenance(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: where })
  const [middleware, to, ...rest] = positionals
  if (middleware === undefined || to === undefined || rest.length > 0 || !['on', 'off', 'auto'].includes(to)) {
    throw new EdgeError('a middleware, and on, off or auto, are needed')
  }
  const { turnMiddleware } = await import('./flags.ts')
  print(await turnMiddleware(await namespace(values), middleware, to === 'auto' ? null : to === 'on'))
  return 0
}

async function flags(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: where })
  const { describeFlags } = await import('./flags.ts')
  print(await describeFlags(await namespace(values)))
  return 0
}

async function keygen(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { out: { type: 'string' } } })
  if (values.out === undefined) throw new EdgeError('--out FILE is needed')
  const { generateSigningKey } = await import('./signing-keys.ts')
  const { pem, publicKey } = await generateSigningKey()
  try {
    await writeFile(values.out, pem, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new EdgeError(`the key can't be written: ${(error as Error).message}`)
  }
  print(`SIGNALBOX_PUBLIC_KEYS = "${publicKey}"\n`)
  return 0
}

function configOf(config: string | undefined): string {
  if (config === undefined) throw new EdgeError('--config FILE is needed')
  return config
}

async function namespace(options: {
  readonly 'namespace-id'?: string | undefined
  readonly wrangler: string
  readonly binding: string
  readonly local: boolean
}): Promise<KvNamespace> {
  if (options.local) return (await import('./kv-local.ts')).localNamespace(options.wrangler, options.binding)
  const id =
    options['namespace-id'] ??
    (await (await import('./wrangler-file.ts')).namespaceIdOf(options.wrangler, options.binding))
  return (await import('./kv-rest.ts')).restNamespace(id, process.env)
}
