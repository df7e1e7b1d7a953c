// Writes what Traefik's spans say of the requests of `scenario.ts`: TRAEFIK=/path/to/traefik node test/support/otlp/record.ts
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Collector } from './collector.ts'
import { ask, asks, flags, metricsOf, recordShape, routing, runAll, startOrigin } from './scenario.ts'

const PORT = 18_481
const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-record-'))
const collector = await new Collector().start()
const origin = await startOrigin()
writeFileSync(path.join(folder, 'routing.yml'), routing(origin.port))
const traefik = spawn(
  process.env.TRAEFIK!,
  [
    `--entryPoints.web.address=127.0.0.1:${PORT}`,
    `--providers.file.filename=${path.join(folder, 'routing.yml')}`,
    '--global.checkNewVersion=false',
    ...flags(collector.port),
  ],
  { stdio: 'inherit', env: { ...process.env, OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_BLRP_SCHEDULE_DELAY: '100' } },
)
for (let tries = 0; tries < 100; tries++) {
  await sleep(100)
  if (
    await ask(PORT, { path: '/min' }).then(
      ({ 'x-got': got }) => got !== undefined,
      () => false,
    )
  )
    break
}
await sleep(500)
const spans = await runAll(PORT, origin.port, collector, () => sleep(400))
collector.clear()
await ask(PORT, asks['all spans']!)
await sleep(2_500)
const seen = {
  spans,
  metrics: metricsOf(collector, { PROXY: PORT, ORIGIN: origin.port }),
  record: recordShape(collector),
}
writeFileSync(path.join(import.meta.dirname, 'traefik.json'), `${JSON.stringify(seen, null, 1)}\n`)
traefik.kill()
await origin.close()
await collector.close()
rmSync(folder, { recursive: true })
