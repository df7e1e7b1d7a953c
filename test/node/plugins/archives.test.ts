import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isModule, isVersion } from '../../../adapters/node/plugins/archives/catalogue.ts'
import { parseManifest } from '../../../adapters/node/plugins/archives/manifest.ts'
import { ZipArchive } from '../../../adapters/node/plugins/archives/zip.ts'
import { loadPlugins } from '../../../adapters/node/plugins/load-plugins.ts'
import { Assembler } from '../../support/wasm-assembler.ts'
import { MANIFEST } from '../../support/wasm-plugin.ts'

interface Zipped {
  readonly name: string
  readonly content: Uint8Array | string
  readonly stored?: boolean
  /** Says that it unpacks to so much. */
  readonly claims?: number
  readonly flags?: number
}

/** An archive, with what is wrong with it where a test says so. */
function zip(files: readonly Zipped[]): Buffer {
  const parts: Buffer[] = []
  const entries: Buffer[] = []
  let at = 0
  for (const { name, content, stored = false, claims, flags = 0 } of files) {
    const bytes = Buffer.from(content)
    const packed = stored ? bytes : deflateRawSync(bytes)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(stored ? 0 : 8, 4)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(claims ?? bytes.length, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed])
    const entry = Buffer.alloc(46)
    entry.write('PK\x01\x02', 'latin1')
    common.copy(entry, 6)
    entry.writeUInt32LE(at, 42)
    parts.push(local)
    entries.push(Buffer.concat([entry, Buffer.from(name)]))
    at += local.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...entries, end])
}

const code = new Assembler().bytes()
const GOOD = [
  { name: 'owner-plugin-1a2b3c/', content: '', stored: true },
  { name: 'owner-plugin-1a2b3c/.traefik.yml', content: MANIFEST },
  { name: 'owner-plugin-1a2b3c/plugin.wasm', content: code },
]
const hashOf = (data: Buffer) => createHash('sha256').update(data).digest('hex')

/** A catalogue that answers as it is told, in a folder of its own. */
async function catalogue(archive: Buffer, more: { readonly validate?: number; readonly download?: number } = {}) {
  const asked: string[] = []
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const given = request.headers['x-plugin-hash'] ?? ''
    asked.push(`${request.url} ${given === '' ? '' : given === hashOf(archive) ? 'good' : 'other'}`.trim())
    if (request.url!.startsWith('/public/validate/')) response.writeHead(more.validate ?? 200).end()
    else if (more.download !== undefined) response.writeHead(more.download).end('not\nhere')
    else if (given === hashOf(archive)) response.writeHead(304).end()
    else response.end(archive)
  }
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise((resolve) => server.close(resolve))
  onTestFinished(async () => void (await close()))
  const folder = mkdtempSync(path.join(os.tmpdir(), 'catalogue-'))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/public`
  const load = async (declared: Record<string, object>) => {
    const plugins = Object.fromEntries(
      Object.entries(declared).map(([name, one]) => [
        name,
        { moduleName: 'example.org/plugin', version: 'v1.0.0', settings: {}, ...one },
      ]),
    )
    const experimental = { plugins, pluginCatalogue: url } as never
    const { plugins: loaded, problems } = await loadPlugins({ experimental }, folder)
    return { names: Object.keys(loaded), problems: problems.map(({ message }) => message) }
  }
  const file = (name: string) => path.join(folder, 'plugins-storage/archives', name)
  return { asked, load, file, close, folder }
}

describe('a plugin of a catalogue', () => {
  test('is asked for, checked, kept, and asked for again by its hash', async () => {
    const archive = zip(GOOD)
    const { asked, load, file } = await catalogue(archive)
    expect(await load({ a: {} })).toEqual({ names: ['a'], problems: [] })
    expect(asked).toEqual([
      '/public/download/example.org/plugin/v1.0.0',
      '/public/validate/example.org/plugin/v1.0.0 good',
    ])
    expect(readFileSync(file('example.org/plugin/v1.0.0.zip'))).toEqual(archive)
    expect(JSON.parse(readFileSync(file('state.json'), 'utf8'))).toEqual({ 'example.org/plugin': 'v1.0.0' })
    asked.length = 0
    expect(await load({ a: {} })).toEqual({ names: ['a'], problems: [] })
    expect(asked).toEqual([
      '/public/download/example.org/plugin/v1.0.0 good',
      '/public/validate/example.org/plugin/v1.0.0 good',
    ])
  })

  test('another version takes the place of the archive', async () => {
    const { load, file } = await catalogue(zip(GOOD))
    await load({ a: {} })
    await load({ a: { version: 'v1.1.0' } })
    expect([
      existsSync(file('example.org/plugin/v1.0.0.zip')),
      existsSync(file('example.org/plugin/v1.1.0.zip')),
    ]).toEqual([false, true])
  })

  test('with a hash nobody is asked whether it is good; what is there and fits needs no catalogue', async () => {
    const archive = zip(GOOD)
    const { asked, load, close } = await catalogue(archive)
    const hash = hashOf(archive).toUpperCase()
    expect(await load({ a: { hash } })).toEqual({ names: ['a'], problems: [] })
    expect(asked).toEqual(['/public/download/example.org/plugin/v1.0.0'])
    await close()
    expect(await load({ a: { hash } })).toEqual({ names: ['a'], problems: [] })
  })

  test('the archive of a module of Go begins with its name', async () => {
    const prefix = 'example.org/plugin@v1.0.0/'
    const { load } = await catalogue(
      zip(GOOD.slice(1).map((file) => ({ ...file, name: prefix + path.basename(file.name) }))),
    )
    expect(await load({ a: {} })).toEqual({ names: ['a'], problems: [] })
  })

  const bomb = { name: 'x/plugin.wasm', content: new Uint8Array(70 * 1024 * 1024) }
  const manifest = (text: string) => zip([{ name: 'x/.traefik.yml', content: text }])
  test.each<[string, () => Buffer, object, object, RegExp]>([
    [
      'not there',
      () => zip(GOOD),
      { download: 404 },
      {},
      /unable to download plugin example.org\/plugin: error: 404: not here/,
    ],
    ['not good', () => zip(GOOD), { validate: 400 }, {}, /plugin integrity check failed/],
    [
      'another hash',
      () => zip(GOOD),
      {},
      { hash: '0'.repeat(64) },
      /invalid hash for plugin example.org\/plugin, expected 0{64}, got/,
    ],
    ['no archive', () => Buffer.from('hello'), {}, {}, /this is no ZIP archive/],
    [
      'a name that climbs',
      () => zip([...GOOD, { name: 'x/../../y', content: '' }]),
      {},
      {},
      /invalid file path in archive: "x\/..\/..\/y"/,
    ],
    ['a name from the root', () => zip([{ name: '/etc/x', content: '' }]), {}, {}, /invalid file path/],
    ['no manifest', () => zip(GOOD.slice(2)), {}, {}, /there is no .traefik.yml in the archive/],
    ['no module', () => zip(GOOD.slice(0, 2)), {}, {}, /there is no plugin.wasm in the archive/],
    [
      'a module that unpacks to too much',
      () => zip([GOOD[1]!, bomb].map((file) => ({ ...file, name: `x/${path.basename(file.name)}` }))),
      {},
      {},
      /larger than/,
    ],
    ['one that says less than it unpacks to', () => zip([{ ...GOOD[1]!, claims: 4 }]), {}, {}, /is damaged/],
    ['one that is encrypted', () => zip([{ ...GOOD[1]!, flags: 1 }]), {}, {}, /is encrypted/],
    [
      'a module that is none',
      () => zip([GOOD[1]!, { ...GOOD[2]!, content: 'x'.repeat(20) }]),
      {},
      {},
      /this is no module/,
    ],
    [
      'Go',
      () => manifest('displayName: x\ntype: middleware\nimport: example.org/plugin\n'),
      {},
      {},
      /is written in Go/,
    ],
    ['a provider', () => manifest('type: provider\nruntime: wasm\n'), {}, {}, /unsupported runtime "wasm"/],
    [
      'a module elsewhere',
      () => manifest('type: middleware\nruntime: wasm\nwasmPath: ../x.wasm\n'),
      {},
      {},
      /must be a local path/,
    ],
    ['no version', () => zip(GOOD), {}, { version: '' }, /plugin version is missing/],
    ['a version that climbs', () => zip(GOOD), {}, { version: '../x' }, /malformed plugin version/],
    ['a name that leads elsewhere', () => zip(GOOD), {}, { moduleName: 'a/../../b' }, /malformed plugin module name/],
    ['a folder that is none', () => zip(GOOD), {}, { settings: { mounts: ['a:b:c'] } }, /invalid directory "a:b:c"/],
    ['no time', () => zip(GOOD), {}, { settings: { timeout: '0s' } }, /settings.timeout must be longer/],
  ])('costs its middlewares and nothing else: %s', async (_, archive, script, declared, message) => {
    const { load } = await catalogue(archive(), script)
    const { names, problems } = await load({ bad: declared })
    expect(names).toEqual([])
    expect(problems).toEqual([expect.stringMatching(message)])
  })

  test('twice is once too often', async () => {
    const { load } = await catalogue(zip(GOOD))
    expect(await load({ a: {}, b: { version: 'v2.0.0' } })).toEqual({
      names: [],
      problems: ['a', 'b'].map(
        (name) =>
          `plugin "${name}": only one version of a plugin is allowed, there is a duplicate of example.org/plugin`,
      ),
    })
  })

  test('a state that nobody can read is written anew', async () => {
    const { load, file } = await catalogue(zip(GOOD))
    mkdirSync(path.dirname(file('state.json')), { recursive: true })
    writeFileSync(file('state.json'), '{')
    expect(await load({ a: {} })).toEqual({ names: ['a'], problems: [] })
    expect(JSON.parse(readFileSync(file('state.json'), 'utf8'))).toEqual({ 'example.org/plugin': 'v1.0.0' })
  })
})

test('what a local plugin must say of itself', () => {
  const all = () => parseManifest('runtime: wasm\ntype: other\n', 'm', true)
  expect(all).toThrow('m: unsupported type "other"; m: missing DisplayName; m: missing Summary; m: missing TestData')
  expect(parseManifest(`${MANIFEST}wasmPath: a/b.wasm\n`, 'm', true)).toEqual({ runtime: 'wasm', wasmPath: 'a/b.wasm' })
  expect(() => parseManifest('a: [', 'm', true)).toThrow('failed to decode the plugin manifest of m')
  for (const wasmPath of ['/x', 'a/../../x', '..', '.'])
    expect(() => parseManifest(`${MANIFEST}wasmPath: ${wasmPath}\n`, 'm', true)).toThrow('must be a local path')
})

test('names of modules and versions', () => {
  expect(['github.com/a/b', 'a', 'a.b/c-d_e~f'].every(isModule)).toBe(true)
  expect(['', '/a', 'a/', 'a//b', '.', 'a/..', 'a/../b', 'a b', 'a\\b'].some(isModule)).toBe(false)
  expect(['v1.0.0', 'v1.0.0-rc.1+x', '1'].every(isVersion)).toBe(true)
  expect(['', '..', '.x', 'a/b', 'a b'].some(isVersion)).toBe(false)
})

test('an archive with files that are stored, and one that is cut short', async () => {
  const archive = zip([{ name: 'a', content: 'text', stored: true }])
  expect((await new ZipArchive(archive).read('a', 100))?.toString()).toBe('text')
  expect(await new ZipArchive(archive).read('b', 100)).toBe(null)
  await expect(new ZipArchive(archive).read('a', 3)).rejects.toThrow('larger than 3 bytes')
  const damaged = Buffer.from(archive)
  damaged.writeUInt32LE(0xffffff, damaged.length - 6)
  expect(() => new ZipArchive(damaged)).toThrow('damaged')
})
