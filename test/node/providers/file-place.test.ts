import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createFileProvider } from '../../../adapters/node/providers/file/provider.ts'
import { andThen } from '../../../src/http/maybe-promise.ts'
import { testContext } from '../../support/provider-run.ts'

const routerNamed = (name: string) => `http: {routers: {${name}: {rule: "Path(\`/\`)", service: noop@internal}}}\n`

/** The routers that a provider tells of at once. */
async function routersOf(place: { filename?: string; directory?: string }): Promise<string[]> {
  const stopping = new AbortController()
  let found: string[] = []
  const provider = createFileProvider('file', { watch: false, ...place } as never, testContext() as never)
  const running = provider.run(
    {
      connected: () => undefined,
      emit(derive) {
        andThen(derive(), ({ config }) => {
          found = Object.keys(config.http?.routers ?? {})
        })
      },
    },
    stopping.signal,
  )
  stopping.abort()
  await running
  return found
}

test('a folder wins over a file, also where it is missing', async () => {
  const at = mkdtempSync(path.join(os.tmpdir(), 'file-place-'))
  const filename = path.join(at, 'one.yml')
  const directory = path.join(at, 'folder')
  try {
    writeFileSync(filename, routerNamed('of-file'))
    mkdirSync(directory)
    writeFileSync(path.join(directory, 'two.yml'), routerNamed('of-folder'))
    expect(await routersOf({ filename })).toEqual(['of-file'])
    expect(await routersOf({ filename, directory: '' })).toEqual(['of-file'])
    expect(await routersOf({ filename, directory })).toEqual(['of-folder'])
    expect(await routersOf({ filename, directory: path.join(at, 'missing') })).toEqual([])
  } finally {
    rmSync(at, { recursive: true })
  }
})
