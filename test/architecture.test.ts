import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * docs/architecture.md, "Who may import whom". The compiler keeps the order of the rooms too (one project a room); this
 * test says it with file and line, and adds what projects can't say.
 */
const runTime = [
  ['http'],
  ['plan'],
  ['contracts'],
  ['engine', 'telemetry'],
  ['middlewares', 'services'],
  ['runtime'],
  ['api'],
]
/** `elements` are the files `*.schema.ts` and the lists of them. */
const planTime = [['schema'], ['rules'], ['elements'], ['compiler']]
/** What plan time may use of run time beside types. */
const valuesForPlans = ['src/http/', 'src/plan/', 'src/engine/matching/', 'src/version.ts']
/** Adapters by what they may import of one another. */
const adapters: Readonly<Record<string, readonly string[]>> = {
  web: [],
  node: ['web'],
  cloudflare: ['web'],
  cli: ['web', 'node', 'cloudflare'],
}

const root = path.join(import.meta.dirname, '..')
const files = ['src', 'adapters'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
)
const texts = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]))

interface Import {
  readonly file: string
  readonly line: number
  readonly target: string
  /** Gone once compiled, so no cycle and no code at run time. */
  readonly typeOnly: boolean
}

/** Statements may span lines: what counts is the line where one begins. */
const STATEMENT =
  /^(?:import|export)\b(type\b)?[^'"\n=]*(?:\{([^}]*)\})?[^'"\n;=]*?'(\.[^']+)'|^(?:import|export) (type )?\{([^}]*)\} from '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm

const imports: readonly Import[] = files.flatMap((file) => {
  const text = texts.get(file)!
  return [...text.matchAll(STATEMENT)].map((match): Import => {
    const [all, , , plain, , names, named, dynamic] = match
    const target = path.join(path.dirname(file), (plain ?? named ?? dynamic)!)
    const listed = names ?? /\{([^}]*)\}/.exec(all)?.[1]
    const typeOnly =
      /^(?:import|export) type\b/.test(all) ||
      (listed?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type ')) ?? false)
    return { file, line: text.slice(0, match.index).split('\n').length, target, typeOnly }
  })
})

/** The room a file belongs to: `http`, `elements`, `adapters/node`; `(root)` beside the rooms. */
function roomOf(file: string): string {
  const [top, room, ...rest] = file.split('/')
  if (top === 'adapters') return `adapters/${room}`
  if (rest.length === 0) return '(root)'
  return /\.schema\.ts$|\/schemas\.ts$/.test(file) ? 'elements' : room!
}

const stageIn = (stages: readonly (readonly string[])[], room: string) =>
  stages.findIndex((rooms) => rooms.includes(room))

/** Nobody has them before a deploy: `edge bundle` and `edge build` write them. */
const isBroughtByDeploys = (target: string): boolean => /^adapters\/(?:fallback\.json|plugins\.js)$/.test(target)

function isAllowed({ file, target, typeOnly }: Import): boolean {
  if (isBroughtByDeploys(target)) return true
  const [from, to] = [roomOf(file), roomOf(target)]
  if (from === to) return true
  if (to.startsWith('adapters/')) return adapters[from.slice('adapters/'.length)]?.includes(to.slice(9)) ?? false
  if (from.startsWith('adapters/')) return from !== 'adapters/cloudflare' || stageIn(planTime, to) === -1
  if (to === '(root)') return true
  const [fromPlan, toPlan] = [stageIn(planTime, from), stageIn(planTime, to)]
  if (fromPlan !== -1 && toPlan !== -1) return toPlan < fromPlan
  if (fromPlan !== -1) return typeOnly || valuesForPlans.some((start) => target.startsWith(start))
  return toPlan === -1 && stageIn(runTime, to) < stageIn(runTime, from)
}

const shown = ({ file, line, target }: Import) => `${file}:${line} imports ${target}`

/** `src/middlewares/retry/retry.ts` → `src/middlewares/retry`; null outside of kinds' folders. */
const kindOf = (file: string): string | null => /^src\/(?:middlewares|services)\/[^/]+(?=\/)/.exec(file)?.[0] ?? null

/** The kinds that need a file, themselves or through what is shared. */
function kindsBehind(file: string, seen = new Set<string>()): ReadonlySet<string> {
  const kinds = new Set<string>()
  for (const { file: user } of imports.filter(({ target }) => target === file)) {
    if (seen.has(user)) continue
    seen.add(user)
    const kind = kindOf(user)
    if (kind !== null && !kind.endsWith('/shared')) kinds.add(kind)
    else for (const behind of kindsBehind(user, seen)) kinds.add(behind)
  }
  return kinds
}

describe('imports under src/', () => {
  test('every folder belongs to a stage', () => {
    const folders = files.filter((file) => file.startsWith('src/')).map((file) => file.split('/').slice(1, -1)[0])
    const rooms = [...new Set(folders)].filter((folder) => folder !== undefined)
    const known = new Set([...runTime.flat(), ...planTime.flat()])
    expect(rooms.filter((room) => !known.has(room))).toEqual([])
    expect(rooms).toHaveLength(12)
  })

  test('go from right to left only', () => {
    expect(imports.filter((entry) => !isAllowed(entry)).map(shown)).toEqual([])
  })

  test('lead to files that are there', () => {
    // Otherwise the pattern above has read something else than an import.
    const lost = imports.filter(({ target }) => !existsSync(path.join(root, target)) && !isBroughtByDeploys(target))
    expect(lost.map(shown)).toEqual([])
    const mentions = [...texts.values()].flatMap((text) => text.match(/(?:from|import|import\() ?'\./g) ?? [])
    expect(imports.length).toBe(mentions.length)
  })

  test('form no cycle between files', () => {
    const edges = new Map<string, string[]>()
    for (const { file, target, typeOnly } of imports) {
      if (!typeOnly) edges.set(file, [...(edges.get(file) ?? []), target])
    }
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, stack: readonly string[]) => {
      if (stack.includes(file)) {
        cycles.push([...stack.slice(stack.indexOf(file)), file].join(' -> '))
        return
      }
      if (done.has(file)) return
      for (const target of edges.get(file) ?? []) visit(target, [...stack, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  test('name nothing of a platform, zod only as a namespace, and no node:http', () => {
    const wrong = files.flatMap((file) =>
      texts
        .get(file)!
        .split('\n')
        .flatMap((text, at) => {
          const isBad =
            (file.startsWith('src/') && /from 'node:/.test(text)) ||
            /import \{[^}]*\} from 'zod'/.test(text) ||
            // It brings Node's Fetch along, 15 MB of memory: see adapters/node/node-http.ts.
            /^import (?!type\b).* from 'node:http'/.test(text) ||
            (/^export \* from/.test(text) && !file.endsWith('/index.ts'))
          return isBad ? [`${file}:${at + 1} ${text.trim()}`] : []
        }),
    )
    expect(wrong).toEqual([])
  })

  test('lead from no kind to another one', () => {
    const wrong = imports.filter(({ file, target }) => {
      const [from, to] = [kindOf(file), kindOf(target)]
      return from !== null && to !== null && from !== to && !to.endsWith('/shared')
    })
    expect(wrong.map(shown)).toEqual([])
  })

  test('give everything in middlewares/shared at least two kinds that need it', () => {
    const lonely = files
      .filter((file) => file.startsWith('src/middlewares/shared/'))
      .filter((file) => kindsBehind(file).size < 2)
    expect(lonely).toEqual([])
  })
})

describe('the dashboard', () => {
  test('imports nothing but itself and Preact, and makes no markup of texts', () => {
    const folder = path.join(root, 'dashboard')
    const own = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
    expect(own.length).toBeGreaterThan(30)
    const wrong = own.flatMap((file) => {
      const text = readFileSync(path.join(folder, file), 'utf8')
      const foreign = [...text.matchAll(/from '([^']+)'/g)].filter(([, from]) => {
        if (!from!.startsWith('.')) return !/^preact(?:\/hooks)?$/.test(from!)
        return path.join(path.dirname(file), from!).startsWith('..')
      })
      const markup = text.match(/innerHTML|insertAdjacentHTML|document\.write/g) ?? []
      return [...foreign.map(([all]) => all), ...markup].map((found) => `${file}: ${found}`)
    })
    expect(wrong).toEqual([])
  })
})

describe('tests under test/', () => {
  test.each(['middlewares', 'services'])('have a file for each folder of src/%s', (room) => {
    const folders = readdirSync(path.join(root, 'src', room), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      // A plugin has options only, and what is shared belongs to the kinds.
      .filter((name) => name !== 'shared' && existsSync(path.join(root, 'src', room, name, `${name}.ts`)))
    expect(folders.length).toBeGreaterThan(4)
    expect(folders.filter((name) => !existsSync(path.join(root, 'test', room, `${name}.test.ts`)))).toEqual([])
  })
})
