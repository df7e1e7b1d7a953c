import { readFile } from 'node:fs/promises'
import { parse } from 'smol-toml'
import { EdgeError } from './edge-error.ts'

/** The id of a KV namespace by the name of its binding in a wrangler.toml. */
export async function namespaceIdOf(file: string, binding: string): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw new EdgeError(`no KV namespace: pass --namespace-id ID, or --wrangler FILE (there is no ${file})`)
  }
  const { kv_namespaces: namespaces } = parse(text)
  for (const namespace of Array.isArray(namespaces) ? namespaces : []) {
    const { binding: name, id } = namespace as Record<string, unknown>
    if (name === binding && typeof id === 'string') return id
  }
  throw new EdgeError(`${file} has no KV namespace with the binding ${binding} and an id`)
}
