import { codeFrame } from '../../../src/compiler/decode/code-frame.ts'
import { placeProblem } from '../../../src/compiler/decode/place-problem.ts'
import type { ConfigTree } from '../../../src/compiler/decode/tree.ts'
import type { ConfigProblem, SourcePosition } from '../../../src/plan/problem.ts'
import { readResolved } from '../providers/file/read.ts'
import { formatOf, readTextFile } from '../providers/file/source.ts'

/** Where problems stand, in their order. */
export interface Places {
  readonly places: readonly Place[]
}

/** Null: it stands in no file, or that can't be read any more. */
export interface Place {
  readonly position: SourcePosition | null
  readonly frame: string | null
}

/**
 * Positions and code frames of problems. Files are read again, so these are places in what the files hold now.
 * @param files of the file provider
 */
export async function placesOf(problems: readonly ConfigProblem[], files: readonly string[]): Promise<Places> {
  const texts = new Map<string, string | null>()
  const textOf = (file: string): string | null => {
    if (!texts.has(file)) texts.set(file, readOrNull(file))
    return texts.get(file)!
  }
  const isLost = ({ position, provider }: ConfigProblem) => position === null && provider === 'file'
  const trees = problems.some(isLost) ? await treesOf(files, textOf) : []
  const places = problems.map((problem): Place => {
    const { position, provider } = isLost(problem) ? placeProblem(problem, trees) : problem
    // What other providers call a file is none of this machine's.
    const isOurs = position?.file != null && (provider === 'file' || provider === null)
    const text = isOurs ? textOf(position.file!) : null
    const frame = text === null ? [] : codeFrame(text, position!.line, position!.column)
    return { position, frame: frame.length === 0 ? null : frame.join('\n') }
  })
  return { places }
}

async function treesOf(files: readonly string[], textOf: (file: string) => string | null): Promise<ConfigTree[]> {
  const trees: ConfigTree[] = []
  for (const file of files) {
    const [text, format] = [textOf(file), formatOf(file)]
    if (text === null || format === null) continue
    const { tree } = await readResolved(text, format, file)
    if (tree.value !== null) trees.push(tree)
  }
  return trees
}

function readOrNull(file: string): string | null {
  try {
    return readTextFile(file)
  } catch {
    // It has gone since: the problem itself has been said.
    return null
  }
}
