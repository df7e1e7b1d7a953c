import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse as parseToml } from 'smol-toml'
import { EdgeError } from './edge-error.ts'
import { parseJsonc } from './jsonc.ts'

/** What commands want to know of a Worker's configuration. */
export interface WranglerFile {
  /** As it was named or found. */
  readonly file: string
  /** Null: the one at the top. */
  readonly environment: string | null
  /** Of the Worker in this environment; null: it has none. */
  readonly name: string | null
  /** Patterns of routes and custom domains: `shop.example.com`, `example.com/*`. */
  readonly routes: readonly string[]
  /** Ids of KV namespaces by their bindings; null: it has none yet. */
  readonly namespaces: ReadonlyMap<string, LocalAndRemoteId>
  /** Names of Secrets Store bindings and of variables: what `${secret:NAME}` may stand for beside the Worker's secrets. */
  readonly bound: readonly string[]
  /** Texts among the variables: `SIGNALBOX_PUBLIC_KEYS` … */
  readonly vars: ReadonlyMap<string, string>
}

export interface LocalAndRemoteId {
  readonly id: string | null
  /** By which `wrangler dev` knows it on this machine. */
  readonly localId: string
}

/** Where wrangler looks, in its order. */
const NAMES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml']

/**
 * Reads a wrangler.jsonc, .json or .toml.
 * @param file null: the one in this folder
 * @param environment null: the Worker itself. An environment inherits neither namespaces nor variables, as in wrangler
 * @returns null where no file was named and there is none
 * @throws EdgeError
 */
export function readWranglerFile(file: string | null, environment: string | null): WranglerFile | null {
  const found = file ?? NAMES.find((name) => existsSync(name)) ?? null
  if (found === null) return null
  const whole = parse(found)
  const part = environment === null ? whole : environmentIn(whole, environment, found)
  return {
    file: found,
    environment,
    name: nameIn(whole, part, environment),
    routes: routesIn({ route: whole.route, routes: whole.routes, ...part }),
    namespaces: namespacesIn(part),
    bound: [...textsIn(part.vars).keys(), ...storedIn(part)],
    vars: textsIn(part.vars),
  }
}

/** How a place in it is called in messages. */
export const placeIn = ({ file, environment }: WranglerFile): string =>
  environment === null ? file : `${file}, environment ${environment},`

/** @throws EdgeError, which says how to get one */
export function namespaceIn(wrangler: WranglerFile, binding: string): LocalAndRemoteId & { readonly id: string } {
  const { file, environment, namespaces } = wrangler
  const found = namespaces.get(binding)
  const forEnvironment = environment === null ? '' : ` --env ${environment}`
  const create = `\`wrangler kv namespace create ${binding}${forEnvironment}\` makes one and prints its id`
  if (found === undefined) {
    const others = [...namespaces.keys()]
    const known = others.length === 0 ? '' : ` (there are: ${others.join(', ')})`
    const inherits = environment === null ? '' : '; environments inherit no bindings'
    throw new EdgeError(
      `${placeIn(wrangler)} has no KV namespace with the binding ${binding}${known}${inherits}: ${create}`,
    )
  }
  if (found.id !== null) return { ...found, id: found.id }
  throw new EdgeError(
    `${placeIn(wrangler)} has no id for the KV namespace ${binding}: ${create}; write it into ${file} as "id"`,
  )
}

function parse(file: string): Table {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new EdgeError(`${file} can't be read: ${(error as Error).message}`)
  }
  let content: unknown
  try {
    content = path.extname(file) === '.toml' ? parseToml(text) : parseJsonc(text)
  } catch (error) {
    // What follows the first line of TOML's message is a piece of the file.
    throw new EdgeError(`${file} is malformed: ${(error as Error).message.split('\n', 1)[0]}`)
  }
  if (!isTable(content)) throw new EdgeError(`${file} holds no configuration of a Worker`)
  return content
}

function environmentIn(whole: Table, name: string, file: string): Table {
  const all = isTable(whole.env) ? whole.env : {}
  const found = Object.hasOwn(all, name) ? all[name] : undefined
  if (isTable(found)) return found
  throw new EdgeError(`${file} has no environment ${name} (there are: ${Object.keys(all).join(', ') || 'none'})`)
}

/** Environments that have no name of their own add theirs to that of the Worker. */
function nameIn(whole: Table, part: Table, environment: string | null): string | null {
  const [name, own] = [textOf(whole.name), textOf(part.name)]
  if (environment === null || (own !== null && part !== whole)) return own
  return name === null ? null : `${name}-${environment}`
}

function storedIn({ secrets_store_secrets: secrets }: Table): string[] {
  return (Array.isArray(secrets) ? secrets : []).flatMap((one) => (isTable(one) ? (textOf(one.binding) ?? []) : []))
}

function routesIn({ route, routes }: Table): string[] {
  return [route, ...(Array.isArray(routes) ? routes : [])].flatMap((one) => {
    const pattern = isTable(one) ? one.pattern : one
    return textOf(pattern) ?? []
  })
}

function namespacesIn({ kv_namespaces: namespaces }: Table): Map<string, LocalAndRemoteId> {
  const found = new Map<string, LocalAndRemoteId>()
  for (const namespace of Array.isArray(namespaces) ? namespaces : []) {
    if (!isTable(namespace) || typeof namespace.binding !== 'string') continue
    const id = textOf(namespace.id)
    found.set(namespace.binding, { id, localId: textOf(namespace.preview_id) ?? id ?? namespace.binding })
  }
  return found
}

function textsIn(vars: unknown): Map<string, string> {
  const entries = Object.entries(isTable(vars) ? vars : {})
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** An empty id is none. */
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)
