import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * A folder as the kubelet makes it of a ConfigMap: files are links to `..data/NAME`, `..data` is a link to a folder of this
 * moment, and a change is a new folder that `..data` is led to at once.
 */
export class Mount {
  #folder
  #moment = 0

  constructor(folder) {
    this.#folder = folder
  }

  /** @param {Readonly<Record<string, string>>} contents of all files */
  replace(contents) {
    const at = (name) => path.join(this.#folder, name)
    const before = `..moment${this.#moment++}`
    const moment = `..moment${this.#moment}`
    mkdirSync(at(moment))
    for (const [name, text] of Object.entries(contents)) writeFileSync(path.join(at(moment), name), text)
    symlinkSync(moment, at('..data_tmp'))
    renameSync(at('..data_tmp'), at('..data'))
    const visible = readdirSync(this.#folder).filter((name) => !name.startsWith('..'))
    for (const name of Object.keys(contents)) if (!visible.includes(name)) symlinkSync(`..data/${name}`, at(name))
    for (const name of visible) if (contents[name] === undefined) unlinkSync(at(name))
    rmSync(at(before), { recursive: true, force: true })
  }
}
