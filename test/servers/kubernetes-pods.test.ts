import path from 'node:path'
import { expect, test } from 'vitest'
import { areNamespacesAllowed, runInside } from './kubelet/network.ts'
import type { LoadCount } from './support/load.ts'

const SCRIPT = path.join(import.meta.dirname, 'kubelet/rolling-updates.mjs')

test.skipIf(!areNamespacesAllowed())(
  'a rolling update under load: a Pod that ends gets nothing new, then is gone, and no request fails (five times in bench/replacement.mjs)',
  { timeout: 400_000 },
  async () => {
    const { code, output, errors } = await runInside(SCRIPT, ['--rounds', '1'])
    expect(code, errors).toBe(0)
    const { results, servers } = JSON.parse(output.trim().split('\n').at(-1)!) as Updates
    expect(results.signalbox!.failed).toEqual([])
    expect(results.signalbox!.sent).toBeGreaterThan(1_000)
    const before = servers[0]!.split(',')
    expect(before).toHaveLength(3)
    const after = servers.at(-1)!.split(',')
    expect(after).toHaveLength(3)
    for (const server of before) {
      expect(servers.some((state) => state.includes(`${server} fenced`))).toBe(true)
      expect(after.some((url) => url.includes(server))).toBe(false)
    }
  },
)

interface Updates {
  readonly results: Readonly<Record<string, LoadCount>>
  /** Which servers there were, one state after the other. */
  readonly servers: readonly string[]
}
