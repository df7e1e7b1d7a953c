import type { Ports } from '../../contracts/ports.ts'
import type { Regexp } from '../../contracts/regexp.ts'
import { createIpMatcher, parseIp } from '../../http/ip.ts'
import type { AccessDirective, BlockDirective, Condition, Directive, RewriteDirective } from './snippet-plan.ts'

type Compiled<C> = C extends { readonly regex: unknown } ? Omit<C, 'regex'> & { readonly regex: Regexp } : C

export type CompiledCondition = Compiled<Condition>
export type CompiledRewrite = Compiled<RewriteDirective>

export interface CompiledBlock {
  readonly is: 'block'
  readonly condition: CompiledCondition
  readonly directives: readonly CompiledDirective[]
}

export interface CompiledAccess {
  readonly is: 'access'
  readonly allow: boolean
  matches(address: string): boolean
}

/** Directives with their expressions ready to run. */
export type CompiledDirective =
  | Exclude<Directive, AccessDirective | BlockDirective | RewriteDirective>
  | CompiledAccess
  | CompiledBlock
  | CompiledRewrite

export const compileDirectives = (
  directives: readonly Directive[],
  ports: Pick<Ports, 'compileRegexp'>,
): readonly CompiledDirective[] => directives.map((directive) => compiled(directive, ports))

function compiled(directive: Directive, ports: Pick<Ports, 'compileRegexp'>): CompiledDirective {
  switch (directive.is) {
    case 'block': {
      const { condition, directives } = directive
      return {
        is: 'block',
        condition: 'regex' in condition ? { ...condition, regex: ports.compileRegexp(condition.regex) } : condition,
        directives: compileDirectives(directives, ports),
      } as CompiledBlock
    }
    case 'rewrite':
      return { ...directive, regex: ports.compileRegexp(directive.regex) }
    case 'access':
      return compiledAccess(directive)
    default:
      return directive
  }
}

function compiledAccess({ allow, range }: AccessDirective): CompiledAccess {
  if (range === null) return { is: 'access', allow, matches: () => true }
  const matcher = createIpMatcher([range])
  return {
    is: 'access',
    allow,
    matches: (address) => parseIp(address) !== null && matcher.contains(address),
  }
}
