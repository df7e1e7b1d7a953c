// Does the test file of each kind notice when the kind does nothing? A middleware is replaced by one that lets all
// requests pass, a service by one that answers 404: in what Vite loads, no file is written. The test file of the kind's
// name must fail then, and pass without. `node scripts/mutate-kinds.mjs [KIND …]`; the last line is `N passed, N failed`.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createVitest } from 'vitest/node'
import { middlewareKinds } from '../src/middlewares/registry.ts'
import { serviceKinds } from '../src/services/registry.ts'

/** @typedef {{ room: string, folder: string, name: string, module: string, test: string }} Kind */

const root = path.join(import.meta.dirname, '..')
const replies = path.join(root, 'src/http/replies.ts')

/** What stands in for a kind, by the room it is of. @type {Record<string, string>} */
const idle = {
  middlewares: '{ build: () => (next) => next }',
  services: `{ build: (_, { name }) => ({
    name, handle: () => errorReply(404), isUp: () => true, unchecked: null, servers: null
  }) }`,
}

const wanted = process.argv.slice(2)
const kinds = [
  ...(await kindsIn('middlewares', Object.values(middlewareKinds))),
  ...(await kindsIn('services', Object.values(serviceKinds))),
]
const unknown = wanted.filter((name) => !kinds.some((kind) => kind.name === name))
if (unknown.length > 0) {
  console.error(`no such kind: ${unknown.join(', ')}; there are: ${kinds.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

let passed = 0
let failed = 0
for (const kind of kinds) {
  if (wanted.length > 0 && !wanted.includes(kind.name)) continue
  const problem = await problemOf(kind)
  if (problem === null) passed++
  else {
    failed++
    console.log(`FAILED ${kind.name}: ${problem}`)
  }
}
console.log(`${passed} passed, ${failed} failed`)
// Vitest says 1 where a test failed, which is what is wanted here; and a worker that never ends would keep the process.
process.exit(failed === 0 ? 0 : 1)

/**
 * The kinds of a room by their modules; each that is registered must be among them.
 * @param {string} room
 * @param {readonly (() => Promise<unknown>)[]} loaders
 * @returns {Promise<Kind[]>}
 */
async function kindsIn(room, loaders) {
  /** @type {Kind[]} */
  const found = []
  const registered = new Set(await Promise.all(loaders.map((load) => load())))
  for (const folder of readdirSync(path.join(root, 'src', room))) {
    const module = path.join(root, 'src', room, folder, `${folder}.ts`)
    if (!existsSync(module)) continue
    for (const [name, value] of Object.entries(await import(module))) {
      if (!registered.delete(value)) continue
      found.push({ room, folder, name, module, test: path.join(root, 'test', room, `${folder}.test.ts`) })
    }
  }
  if (registered.size > 0) throw new Error(`${registered.size} of ${room} are not in a file of their folder's name`)
  return found
}

/** Null: the tests are what they should be. @param {Kind} kind */
async function problemOf(kind) {
  const shown = path.relative(root, kind.test)
  if (!existsSync(kind.test)) return `there is no ${shown}`
  const plain = await run(kind.test, [])
  if (plain === null) return `${shown} has not ended after a minute`
  if (plain.broken || plain.failed > 0) return `${shown} fails as it is`
  let isReplaced = false
  const mutant = await run(kind.test, [
    {
      name: 'idle-kind',
      enforce: /** @type {const} */ ('pre'),
      /** @param {string} id */
      load(id) {
        if (id !== kind.module) return null
        isReplaced = true
        // What else the module exports stays; a name that is written here goes before those of `*`.
        return [
          `import { errorReply } from ${JSON.stringify(replies)}`,
          `export * from ${JSON.stringify(`${kind.module}?as-it-is`)}`,
          `export const ${kind.name} = ${idle[kind.room]}`,
        ].join('\n')
      },
    },
  ])
  if (mutant === null) return `${shown} has not ended after a minute, though a test that waits must fail in the end`
  if (!isReplaced) return `${shown} does not use it`
  if (mutant.broken || mutant.tests !== plain.tests) return `${shown} can't be run without it`
  if (mutant.failed === 0) return `${shown} passes though it does nothing`
  console.log(`${kind.name}: ${mutant.failed} of ${mutant.tests} tests notice`)
  return null
}

/**
 * Null: it goes on and on; a loop that never gives way can't be ended from here, its worker goes with this process.
 * @param {string} file
 * @param {import('vitest/config').ViteUserConfig['plugins']} plugins
 */
async function run(file, plugins) {
  const vitest = await createVitest(
    'test',
    {
      config: false,
      root,
      watch: false,
      include: [path.relative(root, file)],
      reporters: [{}],
      testTimeout: 20_000,
      // Modules kept on disk would be those of the run without the mutant, or the other way round.
      fsModuleCache: false,
    },
    { plugins },
  )
  const isOver = await Promise.race([vitest.start([file]).then(() => true), setTimeout(60_000, false, { ref: false })])
  if (!isOver) return null
  const modules = vitest.state.getTestModules()
  const tests = modules.flatMap(({ children }) => [...children.allTests()])
  const outcome = {
    broken: modules.length !== 1 || modules.some((module) => module.errors().length > 0),
    tests: tests.length,
    failed: tests.filter((test) => test.result().state === 'failed').length,
  }
  await vitest.close()
  return outcome
}
