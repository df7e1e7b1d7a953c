import type { Flags } from '../command.ts'
import { Misuse } from '../command-error.ts'

/** Flags that several commands have: here, so that a command is known, and on its way, without what they are for. */

/** Of all that look at signed publications. */
export const trustFlag = {
  trust: { value: 'KEY', about: 'a public key that signed what is there, as before a rotation; several with commas' },
} as const satisfies Flags

/** Of all that publish. */
export const publisherFlags = {
  key: { value: 'FILE', about: 'the signing key; without it that in SIGNALBOX_SIGNING_KEY' },
  author: { value: 'NAME', about: 'who publishes; by default as CI, Git or this machine say' },
  ...trustFlag,
} as const satisfies Flags

/** Where a Worker is asked. */
export const urlFlag = {
  url: { value: 'URL', about: 'where the Worker answers (default: by the routes in its wrangler.jsonc)' },
} as const satisfies Flags

/** `--configFile` of commands that plan for the edge. */
export const installFlag = {
  configFile: {
    value: 'FILE',
    about: 'the install configuration (entry points, access log); without it every entry point exists',
  },
} as const satisfies Flags

/** What an account pays for. */
export const TIERS = ['free', 'paid'] as const
export type Tier = (typeof TIERS)[number]

/** @throws Misuse for what is no revision */
export function revisionOf(text: string, name: string): number {
  if (!/^[1-9][0-9]{0,15}$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new Misuse(`${name} ${text} is no revision: \`signalbox edge history\` lists them`)
  }
  return Number(text)
}

/** @throws Misuse for what is no time */
export function secondsOf(text: string): number {
  if (!/^[0-9]{1,4}$/.test(text)) throw new Misuse(`--wait ${text}: a number of seconds`)
  return Number(text)
}
