import { Store } from '../state/store.ts'

/** The API lies beside the page, whatever stands in front of both. */
const api = new URL('../api/', document.baseURI)
// What the browser was given for a login it sends by itself; an address with it in can't be asked.
api.username = ''
api.password = ''

/** Whether the API answered the last time; null: it did. */
export const lostSince = new Store<Date | null>(null)

/** An answer that is none of those hoped for. */
export class ApiError extends Error {
  /** 0: there was no answer. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Statuses of a proxy in front that gets no answer either. */
const AWAY = new Set([502, 503, 504])

/** The address of something below `/api/`. */
export const address = (path: string): URL => new URL(path, api)

/** Something that the API shows. @throws ApiError */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await ask(path, signal === undefined ? {} : { signal })
  return contentOf<T>(answer, signal)
}

/** Null: there is no such thing. @throws ApiError */
export async function readIfThere<T>(path: string, signal?: AbortSignal): Promise<T | null> {
  try {
    return await read<T>(path, signal)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Number of the next page; null: this is the last one. */
  readonly next: number | null
}

/** A page of a list. @throws ApiError */
export async function readPage<T>(path: string, signal?: AbortSignal): Promise<Page<T>> {
  const answer = await ask(path, signal === undefined ? {} : { signal })
  const next = Number(answer.headers.get('x-next-page') ?? 1)
  return { items: await contentOf<T[]>(answer, signal), next: next > 1 ? next : null }
}

/** The field that no other origin can send without being asked for a preflight. */
export async function command(method: 'PUT' | 'DELETE', path: string): Promise<void> {
  await ask(path, { method, headers: { 'X-Signalbox-Command': '1' } })
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(address(path), { ...init, cache: 'no-store' })
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    lose()
    throw new ApiError(0, 'The API does not answer.')
  }
  if (AWAY.has(answer.status)) lose()
  else lostSince.set(null)
  if (answer.ok) return answer
  throw new ApiError(answer.status, messageOf(await answer.text(), answer.status))
}

/** Whoever stands in front may have answered with a page of its own, or broken off. */
async function contentOf<T>(answer: Response, signal: AbortSignal | undefined): Promise<T> {
  try {
    return (await answer.json()) as T
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiError(answer.status, 'What the API answered can\u2019t be read.')
  }
}

const lose = (): void => lostSince.set(lostSince.value ?? new Date())

function messageOf(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message
  } catch {
    // Whoever stands in front answers in words of its own.
  }
  return `The API answered ${status}.`
}
