import { andThen, type MaybePromise } from '../http/maybe-promise.ts'
import type { ProxyResponse } from '../http/response.ts'
import { answerText, refuse, type Turn } from './answers.ts'
import { toJson } from './json.ts'
import { type Listed, type ListKind, list } from './listing.ts'
import type { View } from './views.ts'

/** A certificate of a server, as the API shows it. */
export interface ShownCertificate {
  readonly notAfter: Date
  /** Everything but the status, keys in Traefik's order; `name` is the SHA-256 of the DER, in hex. */
  readonly view: View
}

/** Where certificates come from. */
export interface Certificates {
  /** Those in force. Each is read when it is first looked at, some 100 µs. */
  all(): Iterable<ShownCertificate>
  /** When those in force end. */
  ends(): Iterable<Date>
}

/** Less than this is a warning. */
const SOON_MS = 30 * 24 * 3600 * 1000

const text =
  (key: string) =>
  (view: View): string =>
    String(view[key] ?? '')

/** The common name is what certificates are called. */
const certificateList: ListKind = {
  searched: ['commonName', 'issuerOrg', 'issuerCN', 'sans'],
  filters: [],
  sorted: {
    status: text('status'),
    issuer: (view) => text('issuerOrg')(view) || text('issuerCN')(view),
    validUntil: text('notAfter'),
  },
}

/** `/api/certificates` (Traefik `pkg/api/handler_certificate.go`). */
export function certificateAnswer(
  certificates: Certificates,
  query: URLSearchParams,
  now: Date,
  turn: Turn,
): MaybePromise<ProxyResponse> {
  return andThen(gathered(certificates.all(), turn), (all) =>
    list(
      all.map((one): Listed => {
        const view = withStatus(one, now)
        return { name: text('commonName')(view), view: () => view, text: () => toJson(view) }
      }),
      query,
      certificateList,
      turn,
    ),
  )
}

/** `/api/certificates/ID` */
export function oneCertificate(
  certificates: Certificates,
  id: string,
  now: Date,
  turn: Turn,
): MaybePromise<ProxyResponse> {
  return andThen(gathered(certificates.all(), turn), (all) => {
    const found = all.find(({ view }) => view.name === id)
    if (found === undefined) return refuse(404, `certificate not found: ${id}`)
    return answerText(toJson(withStatus(found, now)))
  })
}

/** Of the overview: those that end soon are warnings, those that have ended errors. */
export function countCertificates(certificates: Certificates | null, now: Date): View {
  const counts = { total: 0, warnings: 0, errors: 0 }
  for (const end of certificates?.ends() ?? []) {
    counts.total++
    const status = statusOf(end, now)
    if (status === 'warning') counts.warnings++
    if (status === 'expired') counts.errors++
  }
  return counts
}

function statusOf(notAfter: Date, now: Date): 'enabled' | 'warning' | 'expired' {
  const left = notAfter.getTime() - now.getTime()
  return left < 0 ? 'expired' : left < SOON_MS ? 'warning' : 'enabled'
}

const withStatus = ({ notAfter, view }: ShownCertificate, now: Date): View => ({
  ...view,
  status: statusOf(notAfter, now),
})

function gathered(all: Iterable<ShownCertificate>, turn: Turn): MaybePromise<readonly ShownCertificate[]> {
  return turn === null ? [...all] : gatheredInTurns(all, turn)
}

/** Certificates that are read before others get their turn. */
const AT_ONCE = 25

async function gatheredInTurns(
  all: Iterable<ShownCertificate>,
  turn: () => Promise<void>,
): Promise<readonly ShownCertificate[]> {
  const gathered: ShownCertificate[] = []
  for (const one of all) {
    gathered.push(one)
    if (gathered.length % AT_ONCE === 0) await turn()
  }
  return gathered
}
