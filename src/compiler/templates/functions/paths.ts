import { type FunctionGroup, fn, text } from './function.ts'

/** Go's `path`; on Unix `path/filepath` does the same. */

function clean(path: string): string {
  if (path === '') return '.'
  const rooted = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..' || parts.length === 0 || parts.at(-1) === '..') {
      if (part !== '..' || !rooted) parts.push(part)
    } else parts.pop()
  }
  const joined = parts.join('/')
  return rooted ? `/${joined}` : joined || '.'
}

function base(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

const extension = (path: string): string => /\.[^./]*$/.exec(path)?.[0] ?? ''

const functions = {
  base: fn([text], ([path]) => base(path)),
  dir: fn([text], ([path]) => clean(path.slice(0, path.lastIndexOf('/') + 1))),
  clean: fn([text], ([path]) => clean(path)),
  ext: fn([text], ([path]) => extension(path)),
  isAbs: fn([text], ([path]) => path.startsWith('/')),
}

export const pathFunctions: FunctionGroup = {
  ...functions,
  osBase: functions.base,
  osDir: functions.dir,
  osClean: functions.clean,
  osExt: functions.ext,
  osIsAbs: functions.isAbs,
}
