import { afterEach, expect, test } from 'vitest'
import { WorkerPasswords } from '../../../adapters/node/passwords/passwords.ts'
import type { PasswordClient } from '../../../src/contracts/ports.ts'

const LETMEIN = '$2b$04$abcdefghijklmnopqrstuuPT0cs.zGMMB9aUG3xKmxLeI//6s0m5C'

let passwords: WorkerPasswords
afterEach(() => passwords.close())

class Client implements PasswordClient {
  readonly address: string
  hasLeft = false
  readonly #listeners: (() => void)[] = []

  constructor(address: string) {
    this.address = address
  }

  onLeave(listener: () => void): void {
    this.#listeners.push(listener)
  }

  leave(): void {
    this.hasLeft = true
    for (const listener of this.#listeners) listener()
  }
}

/** Comparisons by the order in which they were settled. */
function recorder() {
  const settled: string[] = []
  const compare = (name: string, client: PasswordClient, password = 'wrong', hash = LETMEIN) =>
    passwords.bcrypt(password, hash, client).then((fits) => {
      settled.push(`${name} ${fits}`)
      return fits
    })
  return { settled, compare }
}

test('right, wrong and malformed', async () => {
  passwords = new WorkerPasswords()
  const client = new Client('192.0.2.1')
  expect(await passwords.bcrypt('letmein', LETMEIN, client)).toBe(true)
  expect(await passwords.bcrypt('letmeout', LETMEIN, client)).toBe(false)
  expect(await passwords.bcrypt('letmein', 'x', client)).toBe(false)
})

test('600 wrong passwords of one client hold up nobody else', async () => {
  passwords = new WorkerPasswords(1)
  const { settled, compare } = recorder()
  const attempts = Array.from({ length: 600 }, () => compare('attacker', new Client('192.0.2.1')))
  expect(await compare('user', new Client('192.0.2.2'), 'letmein')).toBe(true)
  expect(settled.filter((line) => line === 'attacker false').length).toBeLessThan(4)
  const results = await Promise.all(attempts)
  // One is under way at once, and 64 may wait.
  expect(results.filter((fits) => fits === false)).toHaveLength(65)
  expect(results.filter((fits) => fits === null)).toHaveLength(535)
})

test('addresses beside one another in IPv6 are one client', async () => {
  passwords = new WorkerPasswords(1)
  const { compare } = recorder()
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, i) => compare('attacker', new Client(`2001:db8::${i.toString(16)}`))),
  )
  expect(results.filter((fits) => fits === null)).toHaveLength(35)
})

test('a full queue has room for who has none of it', async () => {
  passwords = new WorkerPasswords(1)
  const { compare } = recorder()
  const attempts = Array.from({ length: 640 }, (_, i) => compare('attacker', new Client(`192.0.2.${i % 10}`)))
  expect(await compare('user', new Client('198.51.100.1'), 'letmein')).toBe(true)
  expect((await Promise.all(attempts)).filter((fits) => fits === null).length).toBeGreaterThan(100)
})

test('the work of who left is not done', async () => {
  passwords = new WorkerPasswords(1)
  const { settled, compare } = recorder()
  const clients = Array.from({ length: 50 }, () => new Client('192.0.2.1'))
  // Each of these takes a quarter of a second: all of them more than this test has.
  const attempts = clients.map((client, at) => compare(`${at}`, client, 'wrong', `$2b$12$${'.'.repeat(53)}`))
  for (const client of clients) client.leave()
  expect(await Promise.all(attempts)).toEqual(Array(50).fill(null))
  const before = settled.length
  // The one that was under way ends before this one begins; the others take no time.
  expect(await compare('user', new Client('192.0.2.1'), 'letmein')).toBe(true)
  expect(settled.slice(before)).toEqual(['user true'])
})

test('nobody waits for a thread that has ended', async () => {
  passwords = new WorkerPasswords(1)
  const { compare } = recorder()
  const attempts = Array.from({ length: 10 }, () => compare('a', new Client('192.0.2.1')))
  await passwords.close()
  expect((await Promise.all(attempts)).every((fits) => fits === null || fits === false)).toBe(true)
})
