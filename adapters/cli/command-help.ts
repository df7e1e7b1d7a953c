import type { Flag, Flags, Operand } from './command.ts'

interface Described {
  readonly name: string
  readonly example: string
  readonly details: string
  /** Null: the options of the install configuration. */
  readonly flags: Flags | null
  readonly operands: readonly Operand[]
  readonly notes?: string
}

const WIDTH = 100

/** The help of a command: an example, what it does, how it is called, what its words mean. */
export function helpOf({ name, example, details, flags, operands, notes }: Described): string {
  const rows = [
    ...operands.map(({ name: operand, about, choices }): [string, string] => [
      operand,
      choices === undefined ? about : `${about}: ${choices.join(', ')}`,
    ]),
    ...Object.entries(flags ?? {}).map(([flag, { about, fallback, ...of }]): [string, string] => [
      spelled(flag, of),
      `${about}${fallback === undefined ? '' : ` (default: ${fallback})`}`,
    ]),
  ]
  const wide = Math.max(...rows.map(([left]) => left.length), 0)
  return [
    `signalbox ${example}`,
    '',
    ...wrapped(details, '  '),
    '',
    usageOf(name, flags, operands),
    ...(rows.length === 0 ? [] : ['']),
    ...rows.flatMap(([left, right]) => wrapped(right, `  ${' '.repeat(wide)}  `, `  ${left.padEnd(wide)}  `)),
    '',
    ...(notes === undefined ? [] : [...wrapped(notes, ''), '']),
    flags === null
      ? 'The options are those of the install configuration: `signalbox help` has them all.'
      : 'exit status: 0 done, 1 not done, 2 wrong arguments',
    '',
  ].join('\n')
}

/** `usage: signalbox drain [--undo] SERVICE [SERVER]` */
export function usageOf(name: string, flags: Flags | null, operands: readonly Operand[]): string {
  const head = `usage: signalbox ${name}`
  const words = [
    ...(flags === null ? ['[OPTION…]'] : Object.entries(flags).map(([flag, of]) => `[${spelled(flag, of)}]`)),
    ...operands.map(({ name: operand, isOptional, isMany, choices }) => {
      const word = `${choices?.join('|') ?? operand}${isMany === true ? '…' : ''}`
      return isOptional === true ? `[${word}]` : word
    }),
  ]
  // Flags and their values stay together.
  const lines = wrapped(
    words.map((word) => word.replaceAll(' ', '\u00a0')).join(' '),
    ' '.repeat(head.length + 1),
    `${head} `,
  )
  return lines.join('\n').replaceAll('\u00a0', ' ')
}

const spelled = (name: string, { value, choices }: Pick<Flag, 'value' | 'choices'>): string =>
  `--${name}${choices !== undefined ? ` ${choices.join('|')}` : value === undefined ? '' : ` ${value}`}`

function wrapped(text: string, indent: string, first = indent): string[] {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}
