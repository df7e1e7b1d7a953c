import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { freePort } from './free-port.ts'
import { startServer } from './node-proxy.ts'
import { until } from './until.ts'

const closing: (() => unknown)[] = []

/** Ends everything that was started. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close()
}

/** The proxy as a process of its own, with `compress` in front of one server. */
export async function startCompressing(listener: RequestListener) {
  const server = await startServer(listener)
  closing.push(() => server.close())
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-compress-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  const routing = path.join(folder, 'routing.json')
  const http = {
    routers: {
      r: { rule: 'PathPrefix(`/`)', service: 's', middlewares: ['c'] },
      ready: { rule: 'Path(`/ready`)', service: 'noop@internal', priority: 1000 },
    },
    middlewares: { c: { compress: {} } },
    services: { s: { loadBalancer: { servers: [{ url: server.url }] } } },
  }
  writeFileSync(routing, JSON.stringify({ http }))
  const port = await freePort()
  const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')
  const proxy = spawn(
    process.execPath,
    [cli, `--entryPoints.web.address=127.0.0.1:${port}`, `--providers.file.filename=${routing}`],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  closing.push(() => ended(proxy))
  await until(
    () =>
      get(port, '', '/ready').then(
        (answer) => answer.resume().statusCode,
        () => 0,
      ),
    (status) => status === 418,
  )
  return { port, proxy }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill()
  })
}

/** Without a connection that is kept. */
export const get = (port: number, encoding: string, target = '/'): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path: target, agent: false, headers: { 'accept-encoding': encoding } }, resolve)
      .on('error', reject)
  })

/** What takes a content coding off. */
export const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: zlib.createGunzip,
  br: zlib.createBrotliDecompress,
  zstd: zlib.createZstdDecompress,
}
