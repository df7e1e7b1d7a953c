// What stands in package.json for development only is taken out while the package is packed: `strip` before, `restore`
// after. The original waits in package.json.orig.
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const manifest = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'package.json')
const original = `${manifest}.orig`

/** Everything is bundled, so an installed package needs nothing but Node. */
const forDevelopment = ['dependencies', 'devDependencies', 'optionalDependencies', 'allowScripts']

const action = process.argv[2]
if (action === 'strip') {
  await copyFile(manifest, original)
  const fields = JSON.parse(await readFile(manifest, 'utf8'))
  for (const field of forDevelopment) delete fields[field]
  // npm looks for this one only after the package has been packed.
  fields.scripts = { postpack: fields.scripts.postpack }
  await writeFile(manifest, `${JSON.stringify(fields, null, 2)}\n`)
} else if (action === 'restore') {
  await rename(original, manifest)
} else {
  console.error('usage: manifest.mjs strip | restore')
  process.exitCode = 2
}
