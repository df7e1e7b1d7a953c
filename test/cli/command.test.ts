import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { commands, program } from '../../adapters/cli/commands.ts'
import { namespaceIn, readWranglerFile } from '../../adapters/cli/edge/wrangler-file.ts'
import { runCommand } from '../support/command.ts'

const dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-command-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
writeFileSync(path.join(dir, 'bad.yml'), 'http:\n  routers:\n    a: {rul: x}\n')

const all = await program.load()

describe('every command', () => {
  test.each(all.map((command) => [command.name, command] as const))(
    '%s: help with an example first',
    async (name, command) => {
      expect(command.help.split('\n')[0]).toMatch(new RegExp(`^signalbox ${name}\\b`))
      expect(command.help).toContain(`\nusage: signalbox ${name} `)
      for (const flag of Object.keys(command.flags ?? {})) expect(command.help).toContain(`--${flag}`)
      expect(Object.hasOwn(commands, name)).toBe(true)
      const { status, output, errors } = await runCommand([...name.split(' '), '--help'])
      expect({ status, output, errors }).toEqual({ status: 0, output: command.help, errors: '' })
      expect((await runCommand(['help', ...name.split(' ')])).output).toBe(command.help)
    },
  )

  test('all are in the list', async () => {
    const { output } = await runCommand(['help'])
    for (const { name, about } of all)
      expect(output.split('\n').filter((line) => line.startsWith(`  ${name} `))).toEqual([
        expect.stringContaining(about),
      ])
  })
})

describe('mistakes are said, with what was probably meant', () => {
  test.each<[string[], number, string]>([
    [['chekc'], 1, 'signalbox: command not found: chekc (did you mean "check"?)\n'],
    [['edge', 'pusj'], 1, 'signalbox: command not found: edge pusj (did you mean "edge push"?)\n'],
    [['help', 'drian'], 1, 'signalbox help: there is no command "drian" (did you mean "drain"?)\n'],
    [['drain', '--undoo', 's'], 2, 'signalbox drain: unknown option --undoo (did you mean "--undo"?)\n'],
    [['check', '--target', 'nod', 'x.yml'], 2, 'signalbox check: --target nod: node or edge (did you mean "node"?)\n'],
    [['check', '--target'], 2, 'signalbox check: --target needs a value\n'],
    [['drain', '--undo=yes', 's'], 2, 'signalbox drain: --undo takes no value\n'],
    [['check'], 2, 'signalbox check: FILE is missing'],
    [['version', 'now'], 2, 'signalbox version: now: there is nothing more to say\n'],
    [['completion', 'bsh'], 2, 'signalbox completion: bsh: bash, zsh or fish (did you mean "bash"?)\n'],
    [['maintenance', '__proto__', 'constructor'], 2, 'signalbox maintenance: constructor: on, off or auto\n'],
    [['toString'], 1, 'signalbox: command not found: toString\n'],
  ])('%j', async (args, status, message) => {
    const ended = await runCommand(args)
    expect(ended.status).toBe(status)
    expect(ended.errors).toContain(message)
    expect(ended.errors).not.toMatch(/^ +at /m)
  })
})

test('answers for programs', async () => {
  const version = await runCommand(['version', '--json'])
  expect(JSON.parse(version.output)).toMatchObject({ behavesAs: expect.stringMatching(/^Traefik 3\./) })
  const checked = await runCommand(['check', '--json', path.join(dir, 'bad.yml')])
  expect(checked.status).toBe(1)
  expect(JSON.parse(checked.output)).toMatchObject({
    errors: 1,
    warnings: 0,
    problems: [{ severity: 'error', message: 'field not found, node: rul', line: 3, column: 9 }],
  })
})

test.each([['traefik'], ['signalbox'], ['run'], []])('Traefik’s flags run the proxy: %j', async (...words) => {
  const { status, errors } = await runCommand([...words, '--api.prt=1'])
  expect([status, errors]).toEqual([1, '--api.prt: error: field not found, node: prt\n'])
})

test('a namespace is found in an environment of wrangler.toml', () => {
  const file = path.join(dir, 'wrangler.toml')
  writeFileSync(
    file,
    `[[kv_namespaces]]\nbinding = "KV"\nid = "a"\n[[env.production.kv_namespaces]]\nbinding = "KV"\nid = "b"\n`,
  )
  const idIn = (place: string, environment: string | null) =>
    namespaceIn(readWranglerFile(place, environment)!, 'KV').id
  expect(idIn(file, null)).toBe('a')
  expect(idIn(file, 'production')).toBe('b')
  expect(() => idIn(file, 'test')).toThrow('no environment test (there are: production)')

  const jsonc = path.join(dir, 'wrangler.jsonc')
  writeFileSync(
    jsonc,
    `{
  // "kv_namespaces": [],
  "name": "shop", /* with a "comment" */
  "vars": { "SIGNALBOX_PUBLIC_KEYS": "http://not.a/comment, ]" },
  "kv_namespaces": [{ "binding": "KV", "id": "c", }, { "binding": "OTHER" },],
  "env": { "staging": { "kv_namespaces": [{ "binding": "KV", "preview_id": "d" }] } },
}`,
  )
  const whole = readWranglerFile(jsonc, null)
  expect(whole?.vars.get('SIGNALBOX_PUBLIC_KEYS')).toBe('http://not.a/comment, ]')
  expect([...(whole?.namespaces ?? [])]).toEqual([
    ['KV', { id: 'c', localId: 'c' }],
    ['OTHER', { id: null, localId: 'OTHER' }],
  ])
  expect(() => idIn(jsonc, 'staging')).toThrow(
    `${jsonc}, environment staging, has no id for the KV namespace KV: \`wrangler kv namespace create KV --env staging\` makes one and prints its id; write it into ${jsonc} as "id"`,
  )
  writeFileSync(jsonc, '{ "name": }')
  expect(() => readWranglerFile(jsonc, null)).toThrow(`${jsonc} is malformed: `)
})

describe('completion', () => {
  const script = async (shell: string): Promise<string> => {
    const file = path.join(dir, `completion.${shell}`)
    writeFileSync(file, (await runCommand(['completion', shell])).output)
    return file
  }
  const isHere = (program: string) => spawnSync(program, ['--version']).status === 0

  /** What bash offers for the last word. */
  const offered = (file: string, words: readonly string[]): string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _signalbox; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        file,
        'signalbox',
        ...words,
      ],
      { encoding: 'utf8', cwd: dir },
    )
      .trim()
      .split('\n')

  test('bash: commands, options, files, words of old', async () => {
    const source = await script('bash')
    expect(offered(source, ['c'])).toEqual(['check', 'completion'])
    expect(offered(source, ['edge', ''])).toEqual(expect.arrayContaining(['push', 'dev', 'keygen', 'drain']))
    expect(offered(source, ['edge', 'push', '--c'])).toEqual(['--config', '--configFile'])
    expect(offered(source, ['drain', '--un'])).toEqual(['--undo'])
    expect(offered(source, ['edge', 'drain', '--un'])).toEqual(['--undo'])
    expect(offered(source, ['maintenance', ''])).toEqual(expect.arrayContaining(['on', 'off', 'auto']))
    expect(offered(source, ['check', 'bad'])).toEqual(['bad.yml'])
    expect(offered(source, ['--providers.file.f'])).toEqual(['--providers.file.filename'])
    expect(offered(source, ['run', '--entryP'])).toEqual(['--entryPoints.'])
  })

  test.runIf(isHere('zsh'))('zsh can read its script', async () => {
    const checked = spawnSync('zsh', ['-n', await script('zsh')], { encoding: 'utf8' })
    expect([checked.status, checked.stderr]).toEqual([0, ''])
  })

  test.runIf(isHere('fish'))('fish offers the same', async () => {
    const source = await script('fish')
    const ask = (line: string) => {
      const asked = spawnSync('fish', ['--no-config', '-c', `source ${source}; complete -C '${line}'`], {
        encoding: 'utf8',
        cwd: dir,
      })
      expect(asked.stderr).toBe('')
      return asked.stdout
        .trim()
        .split('\n')
        .map((offer) => offer.split('\t', 1)[0])
    }
    expect(ask('signalbox c')).toEqual(['check', 'completion'])
    expect(ask('signalbox edge pu')).toEqual(['push'])
    expect(ask('signalbox drain --un')).toEqual(['--undo'])
    expect(ask('signalbox check --target ')).toEqual(expect.arrayContaining(['edge', 'node']))
  })
})
