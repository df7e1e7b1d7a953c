import { expect, test } from 'vitest'
import { httpOptions } from '../../../src/compiler/install/entry-point-options.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'

test.each([
  ['0', 1_048_576],
  ['-1', 1_048_576],
  ['2000', 2000],
])('heads with maxHeaderBytes %s may have %i bytes', (text, bytes) => {
  const args = ['--entryPoints.web.address=:80', `--entryPoints.web.http.maxHeaderBytes=${text}`]
  const { install } = loadInstall({ args, env: {}, exists: () => false, readFile: () => '' })
  expect(httpOptions('web', install!.entryPoints!.web!).maxHeaderBytes).toBe(bytes)
})
