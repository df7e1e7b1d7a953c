/**
 * A worker that does to its namespace what it is asked: `?op=get&key=…`. Bindings that Miniflare hands out itself start a
 * thread and wait for it, which takes longer than all the rest.
 */
export const LOCAL_KV_WORKER = `
export default {
  async fetch(request, { KV }) {
    const { op, key, prefix, cursor, metadata, ttl } = Object.fromEntries(new URL(request.url).searchParams)
    if (op === 'get') {
      const value = await KV.get(key, 'arrayBuffer')
      return new Response(value, { status: value === null ? 204 : 200 })
    }
    if (op === 'put') {
      await KV.put(key, await request.arrayBuffer(), {
        ...(metadata === undefined ? {} : { metadata: JSON.parse(metadata) }),
        ...(ttl === undefined ? {} : { expirationTtl: Number(ttl) }),
      })
    }
    if (op === 'delete') await KV.delete(key)
    return Response.json(op === 'list' ? await KV.list({ prefix, ...(cursor === undefined ? {} : { cursor }) }) : null)
  },
}`
