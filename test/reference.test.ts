import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

test('docs/reference is what the schemas say', () => {
  const root = path.join(import.meta.dirname, '..')
  expect(execFileSync(process.execPath, ['scripts/reference.mjs', '--check'], { cwd: root, encoding: 'utf8' })).toBe('')
})
