import { readFile } from 'node:fs/promises'
import { parse } from 'smol-toml'
import { EdgeError } from './edge-error.ts'

/** The id of a KV namespace by the name of its binding in a wrangler.toml, or in one of its environments. */
export async function namespaceIdOf(file: string, binding: string, environment: string | null): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw new EdgeError(`no KV namespace: pass --namespace-id ID, or --wrangler FILE (there is no ${file})`)
  }
  const { kv_namespaces: namespaces } = environment === null ? parse(text) : environmentIn(text, environment, file)
  for (const namespace of Array.isArray(namespaces) ? namespaces : []) {
    const { binding: name, id } = namespace as Record<string, unknown>
    if (name === binding && typeof id === 'string') return id
  }
  const inside = environment === null ? file : `${file}, [env.${environment}],`
  throw new EdgeError(`${inside} has no KV namespace with the binding ${binding} and an id`)
}

function environmentIn(text: string, name: string, file: string): Record<string, unknown> {
  const { env } = parse(text) as { env?: Record<string, Record<string, unknown>> }
  const found = env !== undefined && Object.hasOwn(env, name) ? env[name] : undefined
  if (found !== undefined) return found
  throw new EdgeError(`${file} has no environment ${name} (there are: ${Object.keys(env ?? {}).join(', ') || 'none'})`)
}
