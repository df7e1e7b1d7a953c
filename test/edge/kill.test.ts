import { test } from 'vitest'
import { check, type Kill, kills, runKills } from './faults/kill.ts'

/** A part of the matrix: every fault, and each of them with something else to serve and with nothing. */
const isChosen = ({ when, what, left }: Kill): boolean => {
  if (when === 'warm') return left === 'nothing' && ['throws for long', 'hangs', 'half', 'unknown kind'].includes(what)
  if (what === 'throws for long' || what === 'wrong key') return true
  return left === 'nothing' || (left === 'bundle' && ['hangs', '3 s late', 'hollow'].includes(what))
}

test('a part of the kill matrix; `npm run test:kill` runs all of it', { timeout: 150_000 }, async () => {
  check(await runKills(kills.filter(isChosen), 3_600, 16))
})
