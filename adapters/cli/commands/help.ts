import { nearest } from '../../../src/compiler/decode/nearest.ts'
import { type Shape, shapeOf } from '../../../src/compiler/decode/shape.ts'
import { traefikInstallSchema } from '../../../src/compiler/install/install.ts'

const HEAD = `signalbox --entryPoints.web.address=:8000 --providers.file.filename=routing.yml

  Runs the proxy: requests on port 8000 are routed as routing.yml says. The options are Traefik's.

usage: signalbox [COMMAND] [OPTIONS]

commands:
  run            the proxy (default); options from a file, flags or TRAEFIK_* variables, the first that is there
  check FILE…    says what is wrong with routing files, with line and column
  drain …        takes a server out of a running proxy without cutting anybody off
  maintenance …  switches a maintenance page of a running proxy
  edge …         the same configuration on Cloudflare Workers: dev, push, rollback, drain, maintenance …
  healthcheck    asks the ping of a proxy with the same configuration
  version        version and whose behaviour this is
  help           this

A file is looked for at --configFile, /etc/traefik, $XDG_CONFIG_HOME, $HOME/.config and here: traefik.toml, .yaml, .yml.

options:
`

/** `signalbox help`, `--help`: an example first, then every option with its default. */
export async function main(): Promise<number> {
  process.stdout.write(HEAD)
  const rows: string[] = []
  list(shapeOf(traefikInstallSchema), '', '', rows)
  process.stdout.write(`${rows.join('\n')}\n`)
  return 0
}

/** Says which command was probably meant. */
export function unknownCommand(name: string, commands: readonly string[]): number {
  const near = nearest(name, commands)
  const hint = near === null ? '' : ` (did you mean "${near}"?)`
  process.stdout.write(HEAD.slice(0, HEAD.indexOf('\noptions:') + 1))
  process.stderr.write(`signalbox: command not found: ${name}${hint}\n`)
  return 1
}

function list(shape: Shape, path: string, description: string, rows: string[], fallback: unknown = undefined): void {
  switch (shape.kind) {
    case 'block': {
      if (path !== '' && shape.fields.size === 0) rows.push(row(path, description, fallback))
      for (const field of shape.fields.values()) {
        const inner = path === '' ? field.name : `${path}.${field.name}`
        list(field.shape, inner, field.meta.description ?? '', rows, field.fallback?.())
      }
      return
    }
    case 'map':
      if (shape.item.kind === 'text') rows.push(row(`${path}.<name>`, description, undefined))
      else list(shape.item, `${path}.<name>`, description, rows)
      return
    case 'list':
      if (shape.item.kind === 'block') list(shape.item, `${path}[n]`, description, rows)
      else rows.push(row(path, description, fallback))
      return
    default:
      rows.push(row(path, description, fallback))
  }
}

function row(option: string, description: string, fallback: unknown): string {
  const shown =
    fallback === undefined || (typeof fallback === 'object' && !Array.isArray(fallback))
      ? ''
      : ` (default: ${String(fallback)})`
  return `  --${option}\n        ${description}${shown}`
}
