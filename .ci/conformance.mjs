// Runs the black-box cases against both builds (`node`, `edge`), or against what is named: `https` is the worker by https,
// which CI has no time for and `.ci/full` runs. It holds the failures against
// test/conformance/not-yet.json: what fails must be listed there with its reason, and what is listed must fail. The last
// line is `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const runner = path.join(root, '../shared/conformance/run.mjs')
if (!existsSync(runner)) {
  console.error(`the conformance suite is not at ${path.relative(root, runner)}`)
  process.exit(1)
}

const node = 'node_modules/.bin/node'
const targets = [
  { runtime: 'node', flag: '--target', command: `${node} dist/cli.js` },
  { runtime: 'edge', flag: '--target-edge', command: `${node} dist/cli.js edge dev` },
  // The same by https: those that fail say http in what they expect.
  { runtime: 'https', flag: '--target-edge', command: `${node} test/support/edge-by-https.mjs` },
]
/** Per runtime: patterns of `file#name` (a trailing `*` is a wildcard) and why they can't pass yet. */
const notYet = JSON.parse(readFileSync(path.join(root, 'test/conformance/not-yet.json'), 'utf8'))
const matches = (pattern, id) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern)

/** Cases measure time, and machines are noisy: one that failed among others is run once more by itself. */
const passesAlone = (flag, command, id) =>
  spawnSync(process.execPath, [runner, flag, command, '--only', id, '--jobs', '1'], { cwd: root, stdio: 'ignore' })
    .status === 0

const report = path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-')), 'report.json')
let passed = 0
const failed = []
const named = process.argv.slice(2)
const wanted = named.length > 0 ? named : ['node', 'edge']
const unknown = named.filter((name) => !targets.some(({ runtime }) => runtime === name))
if (unknown.length > 0) {
  console.error(`no target is called ${unknown.join(', ')}`)
  process.exit(2)
}
for (const { runtime, flag, command } of targets.filter(({ runtime }) => wanted.includes(runtime))) {
  const patterns = notYet[runtime]
  const { status, error } = spawnSync(process.execPath, [runner, flag, command, '--json', report], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (error || status === 2) {
    console.error(`the runner itself failed: ${error?.message ?? `status ${status}`}`)
    process.exit(1)
  }
  const unused = new Set(Object.keys(patterns))
  const { cases } = JSON.parse(readFileSync(report, 'utf8'))
  const isNoise = cases.filter(({ status }) => status === 'failed').length <= 20
  for (const { file, name, status: outcome } of cases) {
    if (outcome === 'skipped') continue
    const id = `${file}#${name}`
    const listed = Object.keys(patterns).filter((pattern) => matches(pattern, id))
    if (outcome === 'failed') for (const pattern of listed) unused.delete(pattern)
    if (outcome === 'failed' && listed.length === 0 && isNoise && passesAlone(flag, command, id)) {
      console.log(`passed on its second run: ${runtime}: ${id}`)
      passed++
      continue
    }
    if (outcome === 'passed' && listed.length === 0) passed++
    else if (outcome === 'passed' && listed.some((pattern) => !pattern.endsWith('*')))
      failed.push(`${runtime}: ${id} passes: take it out of not-yet.json`)
    else if (outcome === 'passed') passed++
    else if (listed.length === 0) failed.push(`${runtime}: ${id}`)
  }
  for (const pattern of unused)
    failed.push(`${runtime}: no failing case matches ${pattern}: take it out of not-yet.json`)
}
for (const line of failed) console.log(`FAILED ${line}`)
console.log(`${passed} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
