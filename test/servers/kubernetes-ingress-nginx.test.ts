import { readFileSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/node-proxy.ts'
import { until } from '../support/until.ts'
import { ApiServer } from './support/kubernetes.ts'
import { type Answered, answerTo, echoServer, manifestsFor, requests } from './support/nginx-requests.ts'
import type { Source } from './support/source.ts'

/** Annotations of ingress-nginx on a real API server, with real servers: what Traefik 3.7.15 answered is in the facts. */

const FACTS = path.join(import.meta.dirname, '../facts/kubernetes-ingress-nginx/answers.json')
const facts = JSON.parse(readFileSync(FACTS, 'utf8')) as Readonly<Record<string, Answered>>
const OPTION = '--providers.kubernetesIngressNGINX'

const ports: Record<string, number> = {}
const servers: Server[] = []
let api: ApiServer
let port = 0
const source: Source | null = null

const portOf = (server: Server): number => (server.address() as AddressInfo).port

beforeAll(async () => {
  for (const name of ['main', 'canary', 'pages', 'auth']) {
    const server = echoServer(name)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ports[name] = portOf(server)
    servers.push(server)
  }
  api = await ApiServer.create()
  await api.start()
  for (const manifest of manifestsFor(ports)) await api.apply(manifest)
  port = await freePort()
}, 180_000)

afterAll(async () => {
  await source?.stop()
  await api.stop()
  for (const server of servers) server.close()
})
