import { withoutSecrets } from './source-line.ts'

/** Lines shown before and after the one that is meant. */
const CONTEXT = 2
const MAX_WIDTH = 120

/**
 * The lines around a place with a mark below it, secrets as stars; empty where the text has no such line.
 * @param line and column count from 1
 */
export function codeFrame(text: string, line: number, column: number): string[] {
  const all = text.split('\n')
  if (line > all.length) return []
  const first = Math.max(1, line - CONTEXT)
  const last = Math.min(all.length, line + CONTEXT)
  const width = String(last).length
  const out: string[] = []
  for (let at = first; at <= last; at++) {
    const content = visible(withoutSecrets(all[at - 1]!))
    const start = at === line && column > MAX_WIDTH ? column - MAX_WIDTH / 2 : 0
    out.push(`${at === line ? '>' : ' '} ${String(at).padStart(width)} | ${content.slice(start, start + MAX_WIDTH)}`)
    if (at === line) out.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - start))}^`)
  }
  return out
}

/** One column a character, and nothing that moves a terminal's cursor. */
const visible = (line: string): string => line.replaceAll('\t', ' ').replace(/[\x00-\x1f\x7f-\x9f]/g, '·')
