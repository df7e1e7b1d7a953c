import { expect, test } from 'vitest'
import { toJson } from '../../../src/api/json.ts'
import { apiOptions } from '../../../src/compiler/install/api-options.ts'
import { loadInstall } from '../../../src/compiler/install/load.ts'

test('the priority of a redirection is a number, however large', () => {
  const args = ['--entryPoints.web.address=:80', '--entryPoints.web.http.redirections.entryPoint.to=:443']
  const { install } = loadInstall({ args, env: {}, exists: () => false, readFile: () => '' })
  const { entryPoints } = apiOptions(install!, {} as never)
  expect(toJson(entryPoints.web)).toContain('"priority":9223372036854775806')
})

test('what is false is shown of an entry point where Traefik shows it', () => {
  const args = [
    '--entryPoints.web.address=:80',
    '--entryPoints.web.http.sanitizePath=false',
    '--entryPoints.web.forwardedHeaders.notAppendXForwardedFor=false',
  ]
  const { install } = loadInstall({ args, env: {}, exists: () => false, readFile: () => '' })
  const { entryPoints } = apiOptions(install!, {} as never)
  expect(entryPoints.web).toMatchObject({ http: { sanitizePath: false } })
  expect(toJson(entryPoints.web)).not.toContain('notAppendXForwardedFor')
})
