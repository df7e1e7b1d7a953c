import type { ConfigProblem } from '../../../../../src/plan/problem.ts'

/** Whether a server tells of every change: `complete`, or why not. */
export type Notifications = 'complete' | { readonly missing: string }

/** Generic commands (DEL, RENAME), commands on texts (SET), keys that expire, keys that are evicted. */
const NEEDED = ['g', '$', 'x', 'e']

/** What the setting `notify-keyspace-events` means for us; null: it can't be seen. */
export function notificationsBy(setting: string | null): Notifications {
  if (setting === null) return { missing: "notify-keyspace-events can't be read (CONFIG GET is not allowed)" }
  const tells = setting.includes('K') && (setting.includes('A') || NEEDED.every((flag) => setting.includes(flag)))
  return tells ? 'complete' : { missing: `notify-keyspace-events is "${setting}"` }
}

/** @param everySeconds how often is looked instead */
export const notificationsProblem = (missing: string, everySeconds: number): ConfigProblem => ({
  severity: 'warning',
  message: `Redis does not tell of all changes: ${missing}; they are looked for every ${everySeconds} s`,
  hint: 'set it on the server: `CONFIG SET notify-keyspace-events AK`, and in its configuration file',
  provider: null,
  path: [],
  position: null,
  origin: { item: 'setting notify-keyspace-events' },
})
