import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { VERSION } from '../src/version.ts'

const root = path.join(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })

describe('the package', () => {
  test('has the version that the program says', () => {
    expect(VERSION).toBe(manifest.version)
    expect(run('dist/cli.js', '--version')).toBe(`${manifest.version}\n`)
  })

  test('names exact versions only', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
    for (const [name, version] of Object.entries(all))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d/)])
  })

  test('says in docs/dependencies.md why it has each dependency', () => {
    const text = readFileSync(path.join(root, 'docs/dependencies.md'), 'utf8')
    for (const name of Object.keys(manifest.dependencies)) expect(text).toContain(`| ${name} |`)
    for (const name of Object.keys(manifest.devDependencies)) expect(text).toContain(name)
  })

  test('has the table of what works where in its README', () => {
    expect(run('scripts/readme-table.mjs', '--check')).toBe('')
  })

  test('starts its help with an example', () => {
    const help = run('dist/cli.js', '--help')
    expect(help.split('\n')[0]).toBe('signalbox --entryPoints.web.address=:8000 --providers.file.filename=routing.yml')
    expect(help).toContain('--entryPoints.<name>.transport.respondingTimeouts.readTimeout')
  })

  test('checks its own examples without a complaint', () => {
    expect(run('dist/cli.js', 'check', 'examples/quickstart/routing.yml')).toMatch(/: 0 errors, 0 warnings\n$/)
  })
})
