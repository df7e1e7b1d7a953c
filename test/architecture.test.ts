import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

/** docs/architecture.md, section "Who may import whom". A folder imports only from folders of earlier stages. */
const runTime = [
  ['http', 'plan'],
  ['contracts'],
  ['engine', 'telemetry'],
  ['middlewares', 'services'],
  ['runtime'],
  ['api'],
]
const planTime = [['schema'], ['rules'], ['elements'], ['compiler']]

interface Import {
  readonly file: string
  readonly line: number
  readonly from: string
  readonly to: string
  readonly target: string
  /** Gone once compiled, so no cycle at run time. */
  readonly typeOnly: boolean
}

const root = path.join(import.meta.dirname, '../src')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** The part a file belongs to: its folder, but `*.schema.ts` and the lists of them are plan time. */
function partOf(file: string): string {
  const folder = file.split('/')[0]!
  if (folder === file) return '(root)'
  return /\.schema\.ts$|\/schemas\.ts$/.test(file) ? 'elements' : folder
}

const imports: Import[] = files.flatMap((file) =>
  readFileSync(path.join(root, file), 'utf8')
    .split('\n')
    .flatMap((text, at) => {
      const target = /(?:^|\s)(?:from|import)\s*\(?'(\.[^']+)'/.exec(text)?.[1]
      if (target === undefined) return []
      const resolved = path.relative(root, path.join(root, path.dirname(file), target))
      return [
        {
          file,
          line: at + 1,
          from: partOf(file),
          to: partOf(resolved),
          target: resolved,
          typeOnly: text.startsWith('import type'),
        },
      ]
    }),
)

const stageIn = (stages: readonly (readonly string[])[], part: string) =>
  stages.findIndex((parts) => parts.includes(part))

function isAllowed({ from, to }: Import): boolean {
  if (from === to || from === '(root)' || to === '(root)') return true
  const [fromRun, toRun, fromPlan, toPlan] = [
    stageIn(runTime, from),
    stageIn(runTime, to),
    stageIn(planTime, from),
    stageIn(planTime, to),
  ]
  if (fromPlan !== -1) return toPlan === -1 ? true : toPlan < fromPlan
  return toRun !== -1 && toRun < fromRun
}

describe('imports under src/', () => {
  test('every folder belongs to a stage', () => {
    const known = new Set([...runTime.flat(), ...planTime.flat(), '(root)'])
    expect([...new Set(files.map(partOf))].filter((part) => !known.has(part))).toEqual([])
  })

  test('go from right to left only', () => {
    const wrong = imports.filter((entry) => !isAllowed(entry))
    expect(wrong.map(({ file, line, target }) => `${file}:${line} imports ${target}`)).toEqual([])
  })

  test('form no cycle between files', () => {
    const edges = new Map<string, Import[]>()
    for (const entry of imports) {
      if (!entry.typeOnly) edges.set(entry.file, [...(edges.get(entry.file) ?? []), entry])
    }
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, stack: readonly string[]) => {
      if (stack.includes(file)) {
        cycles.push([...stack.slice(stack.indexOf(file)), file].join(' -> '))
        return
      }
      if (done.has(file)) return
      for (const { target } of edges.get(file) ?? []) visit(target, [...stack, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })

  test('name nothing of a platform, and zod only as a namespace', () => {
    const wrong = files.flatMap((file) =>
      readFileSync(path.join(root, file), 'utf8')
        .split('\n')
        .flatMap((text, at) =>
          /from 'node:|import \{[^}]*\} from 'zod'|^export \* from/.test(text)
            ? [`src/${file}:${at + 1} ${text.trim()}`]
            : [],
        ),
    )
    expect(wrong).toEqual([])
  })
})
