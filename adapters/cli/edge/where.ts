import type { Flags } from '../command.ts'
import { EdgeError } from './edge-error.ts'
import type { KvNamespace } from './kv-namespace.ts'
import { namespaceIn, placeIn, readWranglerFile, type WranglerFile } from './wrangler-file.ts'

/** Flags that say which KV namespace is meant. */
export const where = {
  'namespace-id': {
    value: 'ID',
    about: 'the KV namespace, by Cloudflare\u2019s API; CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID say who we are',
  },
  wrangler: {
    value: 'FILE',
    about: 'takes the id, the audience and the keys of the Worker from there (default: wrangler.jsonc or .toml here)',
  },
  env: { value: 'NAME', about: 'the environment in it' },
  binding: { value: 'NAME', fallback: 'SIGNALBOX_KV', about: 'the namespace\u2019s binding' },
  audience: { value: 'NAME', about: 'SIGNALBOX_AUDIENCE of the Worker, where no file says it' },
  local: { about: 'the namespace that `wrangler dev` uses here' },
} as const satisfies Flags

/** What `where` gives. */
export interface Where {
  readonly 'namespace-id': string | undefined
  readonly wrangler: string | undefined
  readonly env: string | undefined
  readonly binding: string
  readonly audience: string | undefined
  readonly local: boolean
}

/** Where commands publish to. */
export interface Place {
  readonly kv: KvNamespace
  /** The Worker's own configuration; null where nobody says which Worker it is. */
  readonly wrangler: WranglerFile | null
  /** Whom plans are signed for; empty: nobody in particular. */
  readonly audience: string
}

/**
 * Hands the namespace that the flags name to a task, and closes it afterwards.
 * @throws EdgeError
 */
export async function at<T>(flags: Where, task: (place: Place) => Promise<T>): Promise<T> {
  const place = await placeAt(flags)
  try {
    return await task(place)
  } finally {
    await place.kv.close()
  }
}

async function placeAt({ audience, ...flags }: Where): Promise<Place> {
  const place = await namespaceAt(flags)
  return { ...place, audience: audience ?? place.wrangler?.vars.get(AUDIENCE) ?? '' }
}

async function namespaceAt({
  'namespace-id': id,
  wrangler: file,
  env,
  binding,
  local,
}: Omit<Where, 'audience'>): Promise<Omit<Place, 'audience'>> {
  const wrangler = readWranglerFile(file ?? null, env ?? null)
  if (local) {
    if (wrangler === null) throw new EdgeError('--local needs the wrangler.jsonc of the Worker: pass --wrangler FILE')
    const { startedLocally } = await import('./kv-local.ts')
    return { kv: await startedLocally(wrangler, binding, id), wrangler }
  }
  if (env !== undefined && wrangler === null) throw new EdgeError(`--env ${env}: there is no wrangler.jsonc here`)
  if (id === undefined && wrangler === null) {
    throw new EdgeError('no KV namespace: pass --namespace-id ID, or --wrangler FILE (there is no wrangler.jsonc here)')
  }
  const known = id ?? namespaceIn(wrangler!, binding).id
  const { restNamespace } = await import('./kv-rest.ts')
  const kv = restNamespace(known, process.env, (text) => void process.stderr.write(text))
  // The file that happens to be here may be that of another Worker.
  const isMeant = file !== undefined || env !== undefined || wrangler?.namespaces.get(binding)?.id === known
  return { kv, wrangler: isMeant ? wrangler : null }
}

/** Variable that holds the keys which a Worker trusts, and the one that says whom its plans are for. */
const KEYS = 'SIGNALBOX_PUBLIC_KEYS'
const AUDIENCE = 'SIGNALBOX_AUDIENCE'

/** The keys that the Worker trusts, separated by commas or blanks; null: nobody says. */
export const trustedKeysOf = ({ wrangler }: Place): string | null => wrangler?.vars.get(KEYS) ?? null

/**
 * Compares the key that will sign with those that the Worker trusts.
 * @returns what could not be compared, for people; null: it fits
 * @throws EdgeError where the Worker would refuse what it signs
 */
export function checkKey(place: Place, publicKey: string): string | null {
  const { wrangler } = place
  if (wrangler === null) return null
  const keys = trustedKeysOf(place)
  const where = placeIn(wrangler)
  if (keys === null) {
    return `${where} has no variable ${KEYS}: whether the Worker trusts the key ${publicKey} was not compared`
  }
  const list = keys.split(/[\s,]+/).filter((key) => key !== '')
  if (list.includes(publicKey)) return null
  const remedy = `set ${KEYS} = "${[...list, publicKey].join(',')}" there and run \`wrangler deploy\`, or sign with the key that belongs to it`
  throw new EdgeError(
    list.length === 0
      ? `${where} has no key in ${KEYS}, so that the Worker would refuse every plan: ${remedy}`
      : `the Worker would refuse a plan that is signed by ${publicKey}: ${where} trusts ${list.join(' and ')}: ${remedy}`,
  )
}
