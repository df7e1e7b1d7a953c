import { expect, test } from 'vitest'
import type { ConfigProblem } from '../../src/plan/problem.ts'
import { linkProblems } from '../../src/runtime/link-problems.ts'
import { type ProblemCounts, ProblemsInForce } from '../../src/runtime/problems-in-force.ts'
import { serviceBench } from '../support/services.ts'

const problem = (message: string, more: Partial<ConfigProblem> = {}): ConfigProblem => ({
  severity: 'error',
  message,
  hint: null,
  provider: 'file',
  path: ['http', 'routers', 'a'],
  position: null,
  ...more,
})

function rig() {
  let now = 0
  const told: ProblemCounts[] = []
  const problems = new ProblemsInForce(
    () => new Date(++now),
    (counts) => told.push(counts()),
  )
  const shown = () => problems.all().map(({ problem: { message }, since }) => [message, since.getTime()])
  return { problems, told, shown }
}

test('a problem keeps its time while it lasts, and goes with its cause', () => {
  const { problems, told, shown } = rig()
  problems.replace('plan', [problem('a'), problem('b')])
  problems.replace('plan', [problem('b'), problem('c', { severity: 'warning' })])
  expect(shown()).toEqual([
    ['b', 1],
    ['c', 2],
  ])
  problems.replace('plan', [])
  expect(shown()).toEqual([])
  expect(told).toEqual([
    { errors: 2, warnings: 0 },
    { errors: 1, warnings: 1 },
    { errors: 0, warnings: 0 },
  ])
})

test('nothing is told where nothing changed, also when lines have moved', () => {
  const { problems, told, shown } = rig()
  const at = (line: number) => [problem('a', { position: { file: 'r.yml', line, column: 1 } })]
  problems.replace('provider file', at(3))
  problems.replace('provider file', at(4))
  expect(told).toHaveLength(1)
  expect(shown()).toEqual([['a', 1]])
  expect(problems.all()[0]!.problem.position?.line).toBe(4)
})

test('sources do not disturb each other', () => {
  const { problems, shown } = rig()
  problems.replace('provider file', [problem('a')])
  problems.replace('plan', [problem('b')])
  problems.replace('provider file', [])
  expect(shown()).toEqual([['b', 2]])
})

test('what a provider and linking say of one element is there once', () => {
  const { problems, told, shown } = rig()
  const origin = { item: 'container web-1', field: 'label traefik.http.routers.a.rule' }
  problems.replace('provider docker', [problem('a', { provider: 'docker', origin })])
  problems.replace('plan', [problem('a', { provider: 'docker' }), problem('b', { provider: 'docker' })])
  expect(shown()).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  expect(problems.all()[0]!.problem.origin).toEqual(origin)
  expect(told.at(-1)).toEqual({ errors: 2, warnings: 0 })
})

test('a thousand of each source are kept, errors before warnings', () => {
  const { problems } = rig()
  const many = Array.from({ length: 1_500 }, (_, at) =>
    problem(`p${at}`, { severity: at < 1_000 ? 'warning' : 'error' }),
  )
  problems.replace('plan', many)
  expect(problems.counts()).toEqual({ errors: 500, warnings: 500 })
})

test('disabled elements are told once: what planning said is not repeated', () => {
  const { snapshot } = serviceBench({
    app: { weighted: { services: [{ name: 'lost', weight: 1 }] } },
    bad: {},
  })
  const { report, plan } = snapshot
  const planned = plan.problems.map(({ path, message }) => [path.slice(0, 3).join('.'), message])
  const linked = linkProblems(report, plan.problems).map(({ path, message }) => [path.join('.'), message])
  expect(linked).toContainEqual(['http.services.app', expect.stringContaining('lost')])
  expect(linked.filter((found) => planned.some((said) => said.join() === found.join()))).toEqual([])
  expect(linked).toEqual([...new Map(linked.map((found) => [found.join(), found])).values()])
})
