// Writes the table of what works where into README.md, from src/compiler/planning/capabilities.ts: for
// Workers only what tests show there. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { capabilities, describeSupport } from '../src/compiler/planning/capabilities.ts'
import { edgeRows } from '../test/support/edge-rows.ts'

const BEGIN = '<!-- capabilities: written by scripts/readme-table.mjs -->'
const END = '<!-- /capabilities -->'

const rows = ['| | Node | Cloudflare Workers |', '| --- | --- | --- |']
let area = ''
for (const [name, capability] of Object.entries(capabilities)) {
  if (['yes', 'adapted'].includes(capability.edge.state) && !Object.hasOwn(edgeRows, name))
    throw new Error(`test/support/edge-rows.ts names no test in workerd for the row ${name}`)
  if (capability.area !== area) {
    area = capability.area
    rows.push(`| **${area}** | | |`)
  }
  rows.push(`| ${capability.feature} | ${describeSupport(capability.node)} | ${describeSupport(capability.edge)} |`)
}

const readme = readFileSync('README.md', 'utf8')
const begin = readme.indexOf(BEGIN)
const end = readme.indexOf(END)
if (begin === -1 || end === -1) throw new Error('README.md: the marks of the table are missing')
const written = `${readme.slice(0, begin + BEGIN.length)}\n\n${rows.join('\n')}\n\n${readme.slice(end)}`
if (process.argv.includes('--check')) {
  if (written !== readme) {
    console.error(
      'README.md: the table is not that of src/compiler/planning/capabilities.ts; run `node scripts/readme-table.mjs`',
    )
    process.exit(1)
  }
} else writeFileSync('README.md', written)
