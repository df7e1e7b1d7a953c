import { childOf, listOf, textOf } from '../fields.ts'
import { pause } from '../waits.ts'
import { DnsApi } from './api.ts'
import { labelsIn, zoneFinder } from './name-servers.ts'
import {
  type CreateDnsProvider,
  DEFAULT_INTERVAL_MS,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_TTL,
  type DnsRecord,
} from './provider.ts'
import { Turns } from './turns.ts'

const ENDPOINT = 'https://api.hetzner.cloud/v1'
const FORMER_ENDPOINT = 'https://dns.hetzner.com'
const FORMER_TTL = 60
const FORMER_TIMEOUT_MS = 120_000
const HTTP_TIMEOUT_MS = 30_000
const PROVIDER = 'hetzner'

/** Hetzner: the Cloud API by `HETZNER_API_TOKEN`, else the DNS API that came before it by `HETZNER_API_KEY`. */
export const createHetzner: CreateDnsProvider = (ports) => {
  const { env, log } = ports
  const isFormer = env.text('HETZNER_API_TOKEN') === '' && env.text('HETZNER_API_KEY') !== ''
  if (!isFormer) return createCloud(ports)
  log.log('warn', 'hetzner: HETZNER_API_KEY (the former DNS API) is deprecated, use HETZNER_API_TOKEN (Cloud API)')
  return createFormer(ports)
}

const createCloud: CreateDnsProvider = (ports) => {
  const { env, clock, resolvers } = ports
  const token = env.needed(PROVIDER, 'HETZNER_API_TOKEN')
  const ttl = env.number(DEFAULT_TTL, 'HETZNER_TTL')
  const timeoutMs = env.seconds(DEFAULT_TIMEOUT_MS, 'HETZNER_PROPAGATION_TIMEOUT')
  const intervalMs = env.seconds(DEFAULT_INTERVAL_MS, 'HETZNER_POLLING_INTERVAL')
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: ENDPOINT,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'HETZNER_HTTP_TIMEOUT'),
      headers: { authorization: `Bearer ${token}` },
      secrets: [token],
      said: (content) => describeError(childOf(content, 'error')),
    },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)
  const turns = new Turns()

  /** Changes run on the other side: this waits for their end. */
  const act = async (
    operation: string,
    action: string,
    { fqdn, value }: DnsRecord,
    more: object,
    signal: AbortSignal,
  ): Promise<void> => {
    const zone = (await findZone(fqdn)).replace(/\.$/, '')
    const path = `/zones/${encodeURIComponent(zone)}/rrsets/${encodeURIComponent(labelsIn(fqdn, zone))}/TXT/actions/${action}`
    const json = { ...more, records: [{ value: JSON.stringify(value) }] }
    // A zone that is being changed is locked.
    await turns.take(zone, signal, async () => {
      // What is not there need not be removed.
      const accept = action === 'remove_records' ? [404] : []
      const answer = await api.ask({ operation, method: 'POST', path, json, accept }, signal)
      if (answer.status === 404) return
      const id = childOf(childOf(answer.json(), 'action'), 'id')
      if (typeof id !== 'number') throw answer.complaint('the answer names no action')
      const end = clock.now() + timeoutMs
      for (;;) {
        const state = await api.ask({ operation, method: 'GET', path: `/actions/${id}` }, signal)
        const run = childOf(state.json(), 'action')
        const status = textOf(run, 'status')
        if (status === 'success') return
        if (status !== 'running') throw state.complaint(`${status}: ${describeError(childOf(run, 'error'))}`)
        if (clock.now() >= end) throw state.complaint(`still running after ${timeoutMs / 1000} s`)
        await pause(clock, intervalMs, signal)
      }
    })
  }

  return {
    present: (record, signal) => act('add the record', 'add_records', record, { ttl }, signal),
    cleanUp: (record, signal) => act('remove the record', 'remove_records', record, {}, signal),
    timeoutMs,
    intervalMs,
    sequenceMs: null,
  }
}

function describeError(error: unknown): string {
  const details = childOf(error, 'details')
  const fields = listOf(details, 'fields').map(
    (field) => `${textOf(field, 'name')}: ${listOf(field, 'messages').join(', ')}`,
  )
  const limits = listOf(details, 'limits').map((limit) => `limit ${textOf(limit, 'name')}`)
  const parts = [textOf(error, 'code'), textOf(error, 'message'), textOf(details, 'announcement'), ...limits, ...fields]
  return parts.filter((part) => part !== '').join(': ')
}

const createFormer: CreateDnsProvider = (ports) => {
  const { env, resolvers } = ports
  const key = env.needed(PROVIDER, 'HETZNER_API_KEY')
  const ttl = env.number(FORMER_TTL, 'HETZNER_TTL')
  if (ttl < FORMER_TTL) throw new Error(`hetzner: invalid TTL, TTL (${ttl}) must be greater than ${FORMER_TTL}`)
  const api = new DnsApi(
    {
      provider: PROVIDER,
      endpoint: FORMER_ENDPOINT,
      timeoutMs: env.seconds(HTTP_TIMEOUT_MS, 'HETZNER_HTTP_TIMEOUT'),
      headers: { 'auth-api-token': key },
      secrets: [key],
      said: (content) => textOf(content, 'message') || textOf(childOf(content, 'error'), 'message'),
    },
    ports,
  )
  const findZone = zoneFinder(PROVIDER, resolvers)

  const zoneId = async (name: string, signal: AbortSignal): Promise<string> => {
    const call = { operation: 'find the zone', method: 'GET', path: '/api/v1/zones', query: { name } } as const
    const answer = await api.ask({ ...call, accept: [404] }, signal)
    const zones = answer.status === 404 ? [] : listOf(answer.json(), 'zones')
    const id = textOf(
      zones.find((zone) => textOf(zone, 'name') === name),
      'id',
    )
    if (id === '') throw answer.complaint(`zone ${name} could not be found`)
    return id
  }

  return {
    async present({ fqdn, value }, signal) {
      const zone = (await findZone(fqdn)).replace(/\.$/, '')
      const zone_id = await zoneId(zone, signal)
      const json = { type: 'TXT', name: labelsIn(fqdn, zone), value, ttl, zone_id }
      await api.ask({ operation: 'create the record', method: 'POST', path: '/api/v1/records', json }, signal)
    },
    async cleanUp({ fqdn, value }, signal) {
      const zone = (await findZone(fqdn)).replace(/\.$/, '')
      const name = labelsIn(fqdn, zone)
      const query = { zone_id: await zoneId(zone, signal) }
      const path = '/api/v1/records'
      const answer = await api.ask({ operation: 'look for the record', method: 'GET', path, query }, signal)
      for (const record of listOf(answer.json(), 'records')) {
        const isOurs =
          textOf(record, 'type') === 'TXT' && textOf(record, 'name') === name && textOf(record, 'value') === value
        if (!isOurs) continue
        const one = `${path}/${encodeURIComponent(textOf(record, 'id'))}`
        await api.ask({ operation: 'delete the record', method: 'DELETE', path: one, accept: [404] }, signal)
      }
    },
    timeoutMs: env.seconds(FORMER_TIMEOUT_MS, 'HETZNER_PROPAGATION_TIMEOUT'),
    intervalMs: env.seconds(DEFAULT_INTERVAL_MS, 'HETZNER_POLLING_INTERVAL'),
    sequenceMs: null,
  }
}
