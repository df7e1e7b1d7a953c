import * as fields from './fields.mjs'
import { regexp } from './regexps.mjs'
import { rule, tcpRule } from './rules.mjs'
import { template } from './templates.mjs'
import { time } from './times.mjs'
import * as trees from './trees.mjs'
import * as urls from './urls.mjs'
import * as values from './values.mjs'

/**
 * What is compared, by the name that the program of Go knows it by. `inputOf(random)` makes an input, `own(input)` says what
 * ours makes of it (`{value}` or `{error}`), `isKnown(input, own, theirs)` whether a difference is meant, `longestMs(input)` what it may
 * take where that is not 50 ms.
 */
export const READERS = { regexp, template, time, rule, tcpRule, ...urls, ...values, ...fields, ...trees }
