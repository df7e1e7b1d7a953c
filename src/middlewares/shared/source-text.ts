import type { SourceConfig } from './source-criterion.ts'

/** What requests are counted together by, in words; values may be somebody's key, so they are not told. */
export function sourceText(source: SourceConfig): string {
  switch (source.by) {
    case 'address':
      return 'address of the client'
    case 'field':
      return `value of ${source.name}`
    case 'host':
      return 'host'
  }
}
