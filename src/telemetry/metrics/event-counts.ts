import type { CountEvent, CountedEvent } from '../../contracts/ports.ts'
import type { Family } from './family.ts'
import { Count } from './meter.ts'

/** Combinations of a name and a reason that are told apart. */
const MOST_SERIES = 10_000

const FAMILIES: Readonly<Record<CountedEvent, Omit<Family, 'samples'> & { readonly label: string }>> = {
  requestRefused: {
    name: 'signalbox_requests_refused_total',
    help: 'Requests that were refused before they were routed, by reason.',
    type: 'counter',
    label: 'entrypoint',
  },
  retryStopped: {
    name: 'signalbox_retries_stopped_total',
    help: 'Retries that did not take place as the budget of their middleware was used up.',
    type: 'counter',
    label: 'middleware',
  },
  serverEjected: {
    name: 'signalbox_servers_ejected_total',
    help: 'How often a server of a service was taken out for its answers to ordinary requests.',
    type: 'counter',
    label: 'service',
  },
  certificateFailed: {
    name: 'signalbox_certificate_failures_total',
    help: 'Orders of certificates that have failed, by resolver and reason.',
    type: 'counter',
    label: 'resolver',
  },
}

/** How often rare things have happened, beside what Traefik counts. */
export class EventCounts {
  readonly #counts: Record<CountedEvent, Map<string, Count>> = {
    requestRefused: new Map(),
    retryStopped: new Map(),
    serverEjected: new Map(),
    certificateFailed: new Map(),
  }

  readonly add: CountEvent = (event, of, reason = '') => {
    const counts = this.#counts[event]
    const key = `${of}\n${reason}`
    let count = counts.get(key)
    if (count === undefined) {
      if (counts.size >= MOST_SERIES) return
      const name = [FAMILIES[event].label, of] as const
      count = new Count(reason === '' ? [name] : [name, ['reason', reason]])
      counts.set(key, count)
    }
    count.value++
  };

  *families(): Generator<Family> {
    for (const [event, { label: _, ...family }] of Object.entries(FAMILIES)) {
      const counts = [...this.#counts[event as CountedEvent].values()]
      yield { ...family, samples: counts.map((count) => ({ labels: count.labels, value: count.value, series: count })) }
    }
  }
}
