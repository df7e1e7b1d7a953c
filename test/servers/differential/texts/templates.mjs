import { compileRuleTemplate } from '../../../../src/compiler/discovery/default-rule.ts'
import { compileTemplate, FILE_FUNCTIONS, isFailure } from '../../../../src/compiler/templates/template.ts'
import { CASES } from '../../../compiler/templates/cases.ts'
import { templatePorts } from '../../../support/templates.ts'
import { mutated, several, sometimesMutated } from './mutations.mjs'
import { VARIABLES } from './program.mjs'
import { CHAINS, CONTAINERS, FUNCTIONS, KINDS, NUMBERS, PIECES, TEXTS } from './template-words.mjs'

let isClockRead = false
const ports = templatePorts(VARIABLES, {
  now: () => {
    isClockRead = true
    return 0n
  },
})
const SAMPLES = Object.values(CASES)
  .flat()
  .filter(
    (template) =>
      !/now|rand|uuid|shuffle|gen[CPS]|bcrypt|htpasswd|AES|getHostByName|date "|htmlDate|ago|keys|values|derivePassword/.test(
        template,
      ),
  )

/** Templates of files and default rules. */
export const template = {
  /** What they may take is bounded in steps. */
  longestMs: ({ labels }) => (labels === null ? 2_000 : 50),

  inputOf(random) {
    const labels = random.chance(0.15) ? { a: 'x', 'b.c': 'y' } : null
    if (random.chance(0.1)) return { text: mutated(random, random.pick(SAMPLES), PIECES), labels }
    return { text: sometimesMutated(random, 0.15, body(random, random.below(3), []), PIECES), labels }
  },

  own({ text, labels }) {
    isClockRead = false
    const outcome = labels === null ? ofFile(text) : ofRule(text, labels)
    // Octets that are no UTF-8.
    return 'error' in outcome ? outcome : { value: outcome.value.replace(/[\udc80-\udcff]/gu, '\ufffd'), isClockRead }
  },

  /** What the documentation of templates says. */
  isKnown: ({ text }, own) =>
    own.isClockRead === true ||
    /slice index out of bounds|takes more than \d+ steps|more than \d+ characters|nests more than/.test(
      own.error ?? '',
    ) ||
    /%[^a-zA-Z%]*[pP]/.test(text) ||
    (/MST/.test(text) && /InZone|in_zone/.test(text)) ||
    (/printf/.test(text) && /oDate|emver|ateModify/.test(text) && /%[^a-zA-Z%]*(?:#|[^vsqxXT%])/.test(text)),
}

function ofFile(text) {
  const compiled = compileTemplate('file', text, FILE_FUNCTIONS)
  const rendered = isFailure(compiled) ? compiled : compiled.render(false, ports)
  return isFailure(rendered) ? { error: rendered.message } : { value: rendered.text }
}

function ofRule(text, labels) {
  try {
    const data = { Name: 'name', ContainerName: 'container', Labels: labels }
    return { value: compileRuleTemplate(text, ports).render(data) }
  } catch (error) {
    if (error.constructor !== Error) throw error
    return { error: error.message }
  }
}

/** @param variables those that are there, with their dollar */
function body(random, depth, variables) {
  return several(random, 1, 2, () => action(random, depth, variables)).join(random.pick(['', ' ', '\n', 'x']))
}

function action(random, depth, variables) {
  const value = () => pipeline(random, depth, variables)
  const inner = (more = []) => body(random, depth - 1, [...variables, ...more])
  const [open, close] = [random.pick(['{{ ', '{{', '{{- ']), random.pick([' }}', '}}', ' -}}'])]
  switch (depth === 0 ? 0 : random.below(16)) {
    case 1:
      return `${open}if ${value()}${close}${inner()}{{ else }}${inner()}{{ end }}`
    case 2:
      return `${open}range ${value()}${close}${inner()}{{ else }}none{{ end }}`
    case 3:
      return `${open}range $k, $v := ${value()}${close}${inner(['$k', '$v'])},{{ end }}`
    case 4:
      return `${open}with ${value()}${close}${inner()}{{ else }}-{{ end }}`
    case 5:
      return `${open}$x := ${value()}${close}${inner(['$x'])}`
    case 6:
      return `${open}with $w := ${value()}${close}${inner(['$w'])}{{ else with ${value()} }}${inner()}{{ end }}`
    case 7:
      return `{{ define "t" }}${body(random, depth - 1, ['$'])}{{ end }}{{ template "t" ${value()} }}`
    default:
      return open + value() + close
  }
}

function pipeline(random, depth, variables) {
  const more = several(random, 0, random.chance(0.3) ? 2 : 0, () => next(random, 0, variables))
  return [call(random, depth, variables), ...more].join(random.pick([' | ', '|']))
}

/** Functions by what they give. */
const RESULTS = {
  s: namesOf(
    /^(trim|upper|lower|title|untitle|repeat|substr|trunc|abbrev|initials|swapcase|.*case$|wrap|quote|squote|cat|indent|nindent|replace|join|toString|b64|b32|sha|date$|toJson|base|dir|clean|ext$|regexFind$|regexReplace|html|js|urlquery|print|typeOf|kindOf|normalize|urlJoin|expandenv)/,
  ),
  l: namesOf(
    /^(list|tuple|rest|initial|append|push|prepend|concat|reverse|uniq|without|compact|slice|chunk|sortAlpha|splitList|toStrings|regexFindAll|regexSplit|until|pluck|keys|values)/,
  ),
  d: namesOf(/^(dict|set|unset|pick|omit|merge|deepCopy|urlParse|splitn|fromJson)/),
  n: namesOf(/^(add|sub|mul|div|mod|max|min|int|float64|atoi|floor|ceil|round|len|toDecimal)/),
  t: namesOf(/^(toDate|dateModify|mustToDate)/),
  b: namesOf(/^(eq|ne|lt|contains|has|empty|all|any|regexMatch|not|semverCompare|isAbs)/),
}

function namesOf(pattern) {
  return FUNCTIONS.filter(([name]) => pattern.test(name))
}

function call(random, depth, variables) {
  if (random.chance(0.06)) return operand(random, depth, variables, 'a')
  if (random.chance(0.08)) {
    return ['printf', format(random), ...several(random, 0, 3, () => operand(random, depth, variables, 'a'))].join(' ')
  }
  return callOf(random, depth, variables, random.pick(FUNCTIONS))
}

function callOf(random, depth, variables, [name, kinds]) {
  const wanted = [...kinds.replace('*', '')]
  if (kinds.endsWith('*')) wanted.push(...several(random, 0, 3, () => wanted.at(-1)))
  if (random.chance(0.02)) wanted.pop()
  if (random.chance(0.02)) wanted.push('a')
  return [name, ...wanted.map((kind) => operand(random, depth, variables, kind))].join(' ')
}

/** @param kind what is wanted; now and then it is something else */
function operand(random, depth, variables, kind) {
  if (kind !== 'a' && !random.chance(0.05)) {
    const results = RESULTS[kind]
    const isCall = depth > 0 && results !== undefined && random.chance(0.25)
    return isCall ? `(${callOf(random, depth - 1, variables, random.pick(results))})` : random.pick(KINDS[kind])
  }
  const choice = random.next()
  if (choice < 0.35) return random.pick(TEXTS)
  if (choice < 0.55) return random.pick(NUMBERS)
  if (choice < 0.72) return random.pick(CONTAINERS) + (random.chance(0.05) ? random.pick(CHAINS) : '')
  if (choice < 0.78) return random.pick(['true', 'false', 'nil', '.', '$'])
  if (choice < 0.8) return random.pick(['.Name', '.Labels', '.a'])
  if (choice < 0.9 && variables.length > 0) {
    return random.pick(variables) + (random.chance(0.1) ? random.pick(CHAINS) : '')
  }
  if (depth === 0) return '1'
  return `(${callOf(random, depth - 1, variables, random.pick(FUNCTIONS))})${random.chance(0.05) ? random.pick(CHAINS) : ''}`
}

/** A call whose last argument is what comes before. */
function next(random, depth, variables) {
  const [name, kinds] = random.pick(FUNCTIONS.filter(([, wanted]) => /^[^*]?[sa]\*?$/.test(wanted)))
  return callOf(random, depth, variables, [name, kinds.replace('*', '').slice(0, -1)])
}

const VERBS = [...'vvvvTdsqxXfgeGEtcUobOp%FwzN']

/** Of `printf`, with flags, widths and the numbers of arguments. */
function format(random) {
  const verbs = several(random, 1, 3, () => {
    const flags = random.some(['+', '-', '#', ' ', '0'], 0.15).join('')
    const width = random.chance(0.3) ? random.pick(['5', '12', '2', '*', '[1]*']) : ''
    const precision = random.chance(0.3) ? random.pick(['.2', '.0', '.', '.10', '.*', '.[2]*']) : ''
    const which = random.chance(0.05) ? random.pick(['[1]', '[2]', '[9]', '[x]', '[']) : ''
    return `%${flags}${width}${precision}${which}${random.pick(VERBS)}`
  })
  return `"${verbs.join('|')}"`
}
