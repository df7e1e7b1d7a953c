/**
 * Has Traefik carry out the templates of `cases.ts` and writes what comes of them to `test/facts/templates.json`.
 *
 *   node test/compiler/templates/record.mjs --reference /usr/local/bin/traefik
 *
 * Traefik watches one file, which is replaced again and again; with `debugLogGeneratedTemplate` its log holds what each
 * template gives. Between two templates stands a sentinel, so that events that come twice confuse nothing.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { CASES, VARIABLES } from './cases.ts'

const LIMIT_MS = 10_000
const FACTS = path.join(import.meta.dirname, '../../facts/templates.json')

const { values } = parseArgs({ options: { reference: { type: 'string', default: 'traefik' } } })
const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-templates-'))

function put(text) {
  writeFileSync(path.join(folder, 'next'), text)
  renameSync(path.join(folder, 'next'), path.join(folder, 'f.yml'))
}

put('')
const traefik = spawn(
  values.reference,
  [
    '--providers.file.filename=f.yml',
    '--providers.file.debugLogGeneratedTemplate=true',
    '--entryPoints.web.address=127.0.0.1:0',
    '--log.level=DEBUG',
    '--log.format=json',
    '--global.checkNewVersion=false',
  ],
  { cwd: folder, env: { ...VARIABLES, TZ: 'UTC', PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] },
)

/** What the log said since the last sentinel. */
let seen = []
let content = null
let awaited = null
createInterface({ input: traefik.stdout }).on('line', (line) => {
  const { message = '', error = '' } = JSON.parse(line)
  if (message.startsWith('Template content: ')) content = message.slice('Template content: '.length)
  else if (message.startsWith('Rendering results: ')) {
    const text = message.slice('Rendering results: '.length)
    if (text === awaited?.sentinel) awaited.resolve()
    else seen.push({ template: content, text })
  } else if (message === 'Error occurred during watcher callback') {
    seen.push({ template: null, error: error.replace(/^f\.yml: /, '') })
  }
})

/** Resolves when Traefik has read a text that gives nothing but itself. */
async function sentinel(name) {
  const text = `sentinel ${name}`
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Traefik did not read ${text}`)), LIMIT_MS)
    awaited = {
      sentinel: text,
      resolve: () => {
        clearTimeout(timer)
        resolve()
      },
    }
    put(text)
  })
}

async function outcomeOf(template, number) {
  seen = []
  put(template)
  const until = Date.now() + LIMIT_MS
  const found = () =>
    seen.find((entry) => entry.template === template) ?? seen.find(({ error }) => error?.startsWith('template: '))
  while (found() === undefined) {
    if (Date.now() > until) throw new Error(`nothing came of ${template}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const { text, error } = found()
  await sentinel(number)
  return text === undefined ? { template, error } : { template, text }
}

try {
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await sentinel('start')
  const facts = {}
  let number = 0
  for (const [group, templates] of Object.entries(CASES)) {
    facts[group] = []
    for (const template of templates) facts[group].push(await outcomeOf(template, number++))
  }
  writeFileSync(FACTS, `${JSON.stringify(facts, null, 2)}\n`)
  process.stdout.write(`${number} templates\n`)
} finally {
  traefik.kill()
  rmSync(folder, { recursive: true })
}
