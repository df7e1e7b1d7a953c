import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

// Always the same ones: what has been equal stays so. `.ci/differential` looks at other ones.
test('random requests through random configurations: the worker does as Node does', { timeout: 120_000 }, () => {
  const program = path.join(import.meta.dirname, 'requests.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--worlds', '20', '--seed', '4'], {
    encoding: 'utf8',
  })
  expect(stdout + stderr).toMatch(/\n800 requests in 20 worlds, 0 differences\n$/)
  expect(status).toBe(0)
})
