import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'
import { refuse } from '../../../../src/api/answers.ts'
import type { Clock, Logger } from '../../../../src/contracts/ports.ts'
import { Fields } from '../../../../src/http/fields.ts'
import { ProxyResponse } from '../../../../src/http/response.ts'
import { shownCommandLine } from './command-line.ts'
import { CPU_PROFILE, HEAP_PROFILE, type ProfileKind, Profiler } from './profiler.ts'

/** Seconds of a profile where nobody says, and at most. */
const USUAL = 30
const LONGEST = 60

/** What Go has and a JavaScript process has not. */
const MISSING: Readonly<Record<string, string>> = {
  allocs: 'V8 keeps no list of past allocations; see heap',
  block: 'there is one thread of JavaScript, which does not wait for locks',
  goroutine: 'there are no goroutines; see /debug/vars for what is under way',
  mutex: 'there is one thread of JavaScript, which does not wait for locks',
  symbol: 'profiles hold the names of functions',
  threadcreate: 'V8 does not tell who makes threads',
  trace: 'there is no execution trace; see profile',
}

/** `/debug/…` of the API with `api.debug` (Traefik `pkg/api/debug.go`): what a process of Node knows of itself. */
export class Debug {
  readonly #profiler = new Profiler()
  readonly #clock: Clock
  readonly #log: Logger

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  /** @param path below `/debug/`; null: there is no such */
  answer(path: string, query: URLSearchParams): ProxyResponse | Promise<ProxyResponse> | null {
    if (path === 'vars') return json(variables())
    if (path === 'pprof/') return html(INDEX)
    const name = path.startsWith('pprof/') ? path.slice('pprof/'.length) : ''
    switch (name) {
      case 'cmdline':
        return plain(shownCommandLine(process.argv).join('\0'))
      case 'profile':
        return this.#profile(CPU_PROFILE, 'cpuprofile', query)
      case 'heap':
        return this.#profile(HEAP_PROFILE, 'heapprofile', query)
    }
    return Object.hasOwn(MISSING, name) ? refuse(404, `no ${name}: ${MISSING[name]}`) : null
  }

  /** The process is about to end. */
  close(): void {
    this.#profiler.close()
  }

  async #profile(kind: ProfileKind, suffix: string, query: URLSearchParams): Promise<ProxyResponse> {
    const given = query.get('seconds') ?? String(USUAL)
    const seconds = Number(given)
    if (!/^[0-9]{1,3}$/.test(given) || seconds < 1 || seconds > LONGEST) {
      return refuse(400, `seconds must be a whole number from 1 to ${LONGEST}`)
    }
    if (this.#profiler.isBusy) {
      const answer = refuse(409, 'another profile is being taken')
      answer.headers.set('Retry-After', String(LONGEST))
      return answer
    }
    this.#log.log('info', `A profile is taken for ${seconds} s`, { profile: suffix })
    const profile = await this.#profiler.take(kind, seconds)
    const name = `${this.#clock.date().toISOString().replace(/[:.]/g, '-')}.${suffix}`
    return reply(JSON.stringify(profile), 'application/json', 'Content-Disposition', `attachment; filename=${name}`)
  }
}

/** Numbers of this process. */
function variables(): object {
  const underWay: Record<string, number> = {}
  for (const resource of process.getActiveResourcesInfo()) underWay[resource] = (underWay[resource] ?? 0) + 1
  const { idle, active, utilization } = performance.eventLoopUtilization()
  return {
    cmdline: shownCommandLine(process.argv),
    node: process.version,
    uptimeSeconds: process.uptime(),
    memory: process.memoryUsage(),
    heap: v8.getHeapStatistics(),
    resources: process.resourceUsage(),
    eventLoop: { idleMs: idle, activeMs: active, utilization },
    underWay,
  }
}

const json = (value: object): ProxyResponse =>
  new ProxyResponse(
    200,
    new Fields(['Content-Type', 'application/json; charset=utf-8']),
    `${JSON.stringify(value, null, 2)}\n`,
  )

const plain = (text: string): ProxyResponse => reply(text, 'text/plain; charset=utf-8')

const html = (text: string): ProxyResponse => reply(text, 'text/html; charset=utf-8')

const reply = (text: string, type: string, ...lines: readonly string[]): ProxyResponse =>
  new ProxyResponse(200, new Fields(['Content-Type', type, 'X-Content-Type-Options', 'nosniff', ...lines]), text)

const INDEX = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>/debug/pprof/</title></head>
<body>
<h1>/debug/pprof/</h1>
<ul>
<li><a href="profile?seconds=10">profile</a>: what takes time, for <code>seconds</code> (at most ${LONGEST}); a
<code>.cpuprofile</code>, which Chromium's developer tools and editors read</li>
<li><a href="heap?seconds=10">heap</a>: what was made meanwhile and still holds memory, sampled; a
<code>.heapprofile</code>, likewise</li>
<li><a href="cmdline">cmdline</a>: arguments of the process, secrets masked</li>
<li><a href="../vars">vars</a>: memory, event loop, what is under way</li>
</ul>
<p>One profile at a time. What else Go has is not there: ${Object.entries(MISSING)
  .map(([name, reason]) => `${name} (${reason})`)
  .join('; ')}.</p>
</body>
</html>
`
