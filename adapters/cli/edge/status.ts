import { maskUrl } from '../../../src/http/masked-url.ts'
import { parseNotes } from '../../../src/plan/publication-notes.ts'
import type { PlanHead } from '../../../src/plan/signed-plan.ts'
import type { Reach, WorkerStatus } from '../../../src/plan/worker-status.ts'
import { readState } from '../operator/kv-flags.ts'
import { table } from '../table.ts'
import { askWorker } from './ask-worker.ts'
import { shortened } from './author.ts'
import type { Publishing } from './publishing.ts'
import type { EdgeStatus } from './status-schema.ts'
import type { Place } from './where.ts'

/**
 * What is live: what is published, by KV, and what becomes of it, by the Worker.
 * @throws EdgeError
 */
export async function statusOf(
  url: URL,
  place: Place,
  { key, publications, kv, reader }: Pick<Publishing, 'key' | 'publications' | 'kv' | 'reader'>,
): Promise<EdgeStatus> {
  const [live, state, worker] = await Promise.all([
    publications.live(),
    readState(kv, reader),
    askWorker(url, place, key),
  ])
  const head = live?.head ?? null
  return {
    environment: place.wrangler?.environment ?? null,
    url: url.origin,
    live: head === null ? null : publishedAs(head),
    locations: locationsIn(worker, head),
    servers: worker.servers.map(({ checkedAt, ...server }) => ({
      ...server,
      checkedAt: checkedAt === null ? null : iso(checkedAt),
    })),
    flags: {
      drained: state.drained.map(({ service, url }) => ({ service, url: maskUrl(url) })),
      maintenance: { ...state.middlewares },
    },
    problems: (worker.report?.problems ?? []).map(({ text, count, first, last }) => ({
      text,
      count,
      first: iso(first),
      last: iso(last),
    })),
    kv: worker.kv,
    object: worker.object,
  }
}

function publishedAs(head: PlanHead): NonNullable<EdgeStatus['live']> {
  const { revision, digest, time, publisher: author, rollbackOf } = head
  const { commit = '', message = '' } = parseNotes(head.notes) ?? {}
  return { revision, digest, publishedAt: iso(time), author, commit, message, rollbackOf }
}

function locationsIn({ report }: WorkerStatus, head: PlanHead | null): EdgeStatus['locations'] {
  if (report === null) return []
  return report.locations.map(({ since, heardAt, ...location }) => ({
    ...location,
    since: location.revision === null ? null : iso(since),
    heardAt: iso(heardAt),
    ageSeconds: location.revision === null ? 0 : Math.max(0, Math.round((report.now - since) / 1000)),
    isLive: head !== null && location.revision === head.revision,
  }))
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** The same for people. Nothing of it moves a terminal's cursor. */
export function describeStatus(status: EdgeStatus): string {
  const { url, live, locations, servers, flags, problems, kv, object } = status
  const blocks = [
    facts([
      ['Worker', `${url}${status.environment === null ? '' : ` (${status.environment})`}`],
      ...(live === null ? [['Revision', 'nothing that is believed here is published'] as const] : factsOf(live)),
      ['KV', reachability(kv)],
      ['Object', reachability(object)],
    ]),
    locations.length === 0
      ? ''
      : table([
          ['location', 'revision', 'from', 'age', 'last heard of', 'worker', 'isolates'],
          ...locations.map((one) => [
            one.location || 'unknown',
            one.revision === null ? 'none' : `${one.revision}${one.isLive ? '' : ' (not live)'}`,
            one.from || '-',
            one.revision === null ? '-' : duration(one.ageSeconds),
            clock(one.heardAt),
            one.version,
            String(one.isolates),
          ]),
        ]),
    servers.length === 0
      ? ''
      : table([
          ['server', 'service', 'state', 'last check', ''],
          ...servers.map(({ server, service, up, checkedAt, reason }) => [
            shortened(server, 100),
            shortened(service, 60),
            up ? 'up' : 'down',
            checkedAt === null ? '-' : clock(checkedAt),
            shortened(reason, 120),
          ]),
        ]),
    [
      ...flags.drained.map(({ service, url }) => `drained      ${shortened(service, 60)} ${shortened(url, 100)}\n`),
      ...Object.entries(flags.maintenance).map(
        ([name, on]) => `maintenance  ${shortened(name, 60)} ${on ? 'on' : 'off'}\n`,
      ),
    ].join(''),
    problems.length === 0
      ? 'No problem in the last hour\n'
      : `Problems of the last hour:\n${table(
          problems.map(({ text, count, first, last }) => [
            `${count}\u00d7`,
            first === last ? clock(last) : `${clock(first)} to ${clock(last)}`,
            shortened(text, 300),
          ]),
        )}`,
  ]
  return blocks.filter((block) => block !== '').join('\n')
}

const factsOf = (live: NonNullable<EdgeStatus['live']>): (readonly [string, string])[] => [
  ['Revision', `${live.revision}${live.rollbackOf === null ? '' : `, the plan of ${live.rollbackOf}`}`],
  ['Digest', shortened(live.digest, 80)],
  ['Published', `${clock(live.publishedAt)} by ${shortened(live.author, 64) || 'somebody'}`],
  ...(live.commit === '' ? [] : [['Commit', shortened(`${live.commit} ${live.message}`, 120)] as const]),
]

const facts = (pairs: readonly (readonly [string, string])[]): string => table(pairs)

const reachability = ({ bound, reachable, reason }: Reach): string =>
  reachable ? 'reachable' : bound ? `can\u2019t be reached: ${shortened(reason, 200)}` : 'not bound'

const clock = (text: string): string => text.replace(/\.\d+Z$/, 'Z')

/** `40 s`, `12 min`, `5 h`, `3 d` */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
