import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

interface Said {
  readonly own: Readonly<Record<string, string>>
  /** Null: its program is not there. */
  readonly traefiks: Readonly<Record<string, string>> | null
}

test('routers take hosts whose aliases lead to theirs, as in Traefik', () => {
  const script = path.join(import.meta.dirname, 'support/flattened.ts')
  const output = execFileSync('unshare', ['--net', process.execPath, script], { encoding: 'utf8', timeout: 50_000 })
  const { own, traefiks } = JSON.parse(output.trim().split('\n').at(-1)!) as Said
  expect(own).toMatchObject({
    'www.alias.test/': '/target/',
    'chain.alias.test/': '/target/',
    'long.alias.test/': '/fifth/',
    'star.alias.test/': '/wild/',
    'both.alias.test/': '/both/',
    'old.alias.test/': '/old/',
    'l1.test/': '404',
    'plain.test/': '/exact/',
    // No dot is forgiven where aliases are followed.
    'plain.test./': '404',
    'www.alias.test./': '/target/',
    'target.test/not': '/target/not',
    'nobody.test/not': '/not/not',
    '127.0.0.1/': '404',
  })
  if (traefiks !== null) expect(own).toEqual(traefiks)
})
