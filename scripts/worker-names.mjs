// Names in the modules of the worker: what they export to one another, and what they are called.
import path from 'node:path'
import { minify } from 'terser'

/**
 * What chunks export to each other has one name everywhere, as far as that is free, so that no list of imports or exports
 * needs two. Only modules that are asked for while the worker runs are known to others by what they export.
 */
export async function minified(outputFiles) {
  const before = new Map(outputFiles.map(({ path: file, contents }) => [path.basename(file), decoded(contents)]))
  /** For each module that is done its text, and its names inside by those that others know. */
  const done = new Map()
  const namesInside = (module) => done.get(module)?.names ?? new Map()
  // Those that a module imports from come first.
  const visit = async (module) => {
    if (done.has(module) || !before.has(module)) return
    done.set(module, { names: new Map() })
    const chosen = new Map()
    for (const [, kind, list, from] of before.get(module).matchAll(FROM)) {
      await visit(path.basename(from))
      for (const [theirs, ours] of kind === 'import' ? namesIn(list) : []) {
        const name = namesInside(path.basename(from)).get(theirs)
        if (name !== undefined && ![...chosen.values()].includes(name)) chosen.set(ours, name)
      }
    }
    const text = (await smaller(before.get(module), chosen)).replace(FROM, (all, kind, list, from) => {
      const names = namesInside(path.basename(from))
      const named = namesIn(list).map(([theirs, ours]) => twoNames(names.get(theirs) ?? theirs, ours))
      return list === '' ? all : `${kind}{${named.join(',')}}from"${from}"`
    })
    const exported = module.startsWith('chunk-') ? namesIn(EXPORTS.exec(text)?.[1] ?? '') : []
    const own = [...new Set(exported.map(([inside]) => inside))]
    done.set(module, {
      names: new Map(exported.map(([inside, outside]) => [outside, inside])),
      text: own.length === 0 ? text : text.replace(EXPORTS, `export{${own.join(',')}};`),
    })
  }
  for (const module of before.keys()) await visit(module)
  return outputFiles.map(({ path: file }) => ({ path: file, contents: encoded(done.get(path.basename(file)).text) }))
}

/**
 * esbuild looks at one expression at a time; what looks at whole functions leaves 3 % less.
 * @param chosen what some variables of the module are to be called
 */
async function smaller(text, chosen) {
  const { code } = await minify(text, {
    module: true,
    ecma: 2020,
    nameCache: { vars: { props: chosen } },
    compress: {
      passes: 6,
      unsafe_arrows: true,
      lhs_constants: false,
      pure_getters: true,
      global_defs: {
        '@Number.POSITIVE_INFINITY': '1 / 0',
        '@Number.NEGATIVE_INFINITY': '-1 / 0',
        '@Number.parseInt': 'parseInt',
      },
    },
    format: { comments: false },
  })
  return withPackedNumbers(code)
}

/** A long list of 32-bit numbers (the boxes of bcrypt) is shorter as its bytes, in the order that all machines have. */
const withPackedNumbers = (text) =>
  text.replace(/\[(?:[\de]+,){255,}[\de]+\]/g, (list) => {
    const numbers = JSON.parse(list)
    const packed = Uint32Array.from(numbers)
    if (numbers.some((number, at) => number !== packed[at])) return list
    const bytes = Buffer.from(packed.buffer).toString('base64')
    return `Array.from(new Uint32Array(Uint8Array.from(atob("${bytes}"),e=>e.charCodeAt(0)).buffer))`
  })

/** What a module has from another one, and the list at its end, as esbuild and terser write them. */
const FROM = /(import|export)\{([^}]*)\}from"([^"]*)"/g
const EXPORTS = /export\{([^}]*)\};?$/

const namesIn = (list) =>
  list.split(',').map((item) => {
    const [first, second = first] = item.split(' as ')
    return [first, second]
  })

/** An item of a list of imports or exports. */
export const twoNames = (first, second) => (first === second ? first : `${first} as ${second}`)

const decoded = (contents) => new TextDecoder().decode(contents)
const encoded = (text) => new TextEncoder().encode(text)

/** Where namesakes were told apart nothing may be left of a module but imports of it. */
export function withoutEmpty(outputFiles) {
  const empty = outputFiles.filter(({ contents }) => contents.length === 0).map((file) => path.basename(file.path))
  return outputFiles
    .filter(({ contents }) => contents.length > 0)
    .map((file) => {
      const text = empty.reduce((left, name) => left.replace(new RegExp(`import"[./a-z]*/${name}";`), ''), file.text)
      return { path: file.path, contents: encoded(text) }
    })
}

/** All modules of a worker are deployed together: nobody needs hashes, which no compression makes shorter. */
export function withShortNames(outputFiles) {
  const names = new Map()
  for (const name of outputFiles.map((file) => path.basename(file.path)).sort()) {
    const [, own] = /^(.+)-[A-Z0-9]{8}\.js$/.exec(name) ?? []
    if (own !== undefined) names.set(name, own === 'chunk' ? `${names.size}.js` : `${own}.js`)
  }
  if (new Set(names.values()).size < names.size) throw new Error('two modules of the worker have one name')
  return outputFiles.map(({ path: file, contents }) => {
    const text = decoded(contents).replace(/[\w-]+-[A-Z0-9]{8}\.js(?=")/g, (name) => names.get(name) ?? name)
    const name = names.get(path.basename(file)) ?? path.basename(file)
    return { path: path.join(path.dirname(file), name), contents: encoded(text) }
  })
}
