import { type Shape, shapeOf } from '../../src/compiler/decode/shape.ts'
import { traefikInstallSchema } from '../../src/compiler/install/install.ts'

/** An option of the install configuration as a flag: `entryPoints.<name>.address`. */
export interface InstallOption {
  readonly name: string
  readonly about: string
  /** The value without it; undefined: none. */
  readonly fallback: unknown
}

/** All of them, in the order of the schema. */
export function installOptions(): InstallOption[] {
  const options: InstallOption[] = []
  list(shapeOf(traefikInstallSchema), '', '', undefined, options)
  return options
}

function list(shape: Shape, name: string, about: string, fallback: unknown, options: InstallOption[]): void {
  const add = (as: string, preset = fallback) => options.push({ name: as, about, fallback: preset })
  switch (shape.kind) {
    case 'block':
      if (name !== '' && shape.fields.size === 0) add(name)
      for (const field of shape.fields.values()) {
        const inner = name === '' ? field.name : `${name}.${field.name}`
        list(field.shape, inner, field.meta.description ?? '', field.fallback?.(), options)
      }
      return
    case 'map':
      if (shape.item.kind === 'text') add(`${name}.<name>`, undefined)
      else list(shape.item, `${name}.<name>`, about, undefined, options)
      return
    case 'list':
      if (shape.item.kind === 'block') list(shape.item, `${name}[n]`, about, undefined, options)
      else add(name)
      return
    default:
      add(name)
  }
}
