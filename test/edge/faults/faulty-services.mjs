// What a worker has behind its bindings, made faulty: runs in workerd beside it. A fetch by tests says how.
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'

const cells = new Map()

function cellOf(name) {
  if (!cells.has(name)) cells.set(name, { values: new Map(), fault: { kind: 'none' }, calls: 0 })
  return cells.get(name)
}

/** Longer than anybody waits. */
const FOREVER_MS = 600_000

async function suffer(cell) {
  cell.calls++
  const { fault } = cell
  if (fault.kind === 'throw' && (fault.times === undefined || fault.times-- > 0)) {
    throw new Error('KV GET failed: 500 Internal Server Error')
  }
  if (fault.kind === 'hang') await scheduler.wait(FOREVER_MS)
  if (fault.kind === 'late') await scheduler.wait(fault.ms)
}

/** KV, as far as the worker can tell. */
export class Kv extends WorkerEntrypoint {
  async get(keys, options) {
    const cell = cellOf(this.ctx.props.cell)
    await suffer(cell)
    const type = typeof options === 'string' ? options : (options?.type ?? 'text')
    const read = (key) => {
      const bytes = cell.values.get(key)
      if (bytes === undefined) return null
      return type === 'arrayBuffer' ? bytes.slice().buffer : new TextDecoder().decode(bytes)
    }
    return Array.isArray(keys) ? new Map(keys.map((key) => [key, read(key)])) : read(keys)
  }

  async put(key, value) {
    const cell = cellOf(this.ctx.props.cell)
    await suffer(cell)
    cell.values.set(key, new TextEncoder().encode(value))
  }
}

export class ThrowingState extends DurableObject {
  takeTokens() {
    throw new Error('the object has been reset')
  }

  health() {
    throw new Error('the object has been reset')
  }
}

export class HangingState extends DurableObject {
  async takeTokens() {
    await scheduler.wait(FOREVER_MS)
  }

  async health() {
    await scheduler.wait(FOREVER_MS)
  }
}

/** On code from before there were limits. */
export class OlderState extends DurableObject {}

/** On code from after somebody has changed what it answers. */
export class NewerState extends DurableObject {
  takeTokens() {
    return { allowed: 'yes' }
  }

  health() {
    return 'fine'
  }
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    const cell = cellOf(decodeURIComponent(pathname.slice(1)))
    const key = searchParams.get('key')
    const kept = searchParams.get('kept')
    if (kept !== null) {
      const cache = await caches.open('signalbox')
      if (request.method === 'GET') return Response.json({ isKept: (await cache.match(kept)) !== undefined })
      await cache.put(kept, new Response(request.body, { headers: { 'Cache-Control': 'max-age=600' } }))
      return new Response(null, { status: 204 })
    }
    if (request.method === 'GET') return Response.json({ calls: cell.calls })
    if (request.method === 'DELETE') cell.values.delete(key)
    else if (key !== null) cell.values.set(key, new Uint8Array(await request.arrayBuffer()))
    else cell.fault = await request.json()
    return new Response(null, { status: 204 })
  },
}
