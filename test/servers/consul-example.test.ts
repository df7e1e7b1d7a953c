import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startCommand } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { startServer } from '../support/node-proxy.ts'
import { ConsulAgent } from './support/consul-agent.ts'
import { untilServed } from './support/load.ts'

const example = path.join(import.meta.dirname, '../../examples/consul')

test('examples/consul: a route that a script puts into Consul is served', async () => {
  const consul = await ConsulAgent.create()
  await consul.start()
  const shop = await startServer((_request, response) => response.end('shop\n'))
  const port = await freePort()
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-example-')), 'signalbox.yml')
  const text = readFileSync(path.join(example, 'signalbox.yml'), 'utf8')
  writeFileSync(file, text.replace('127.0.0.1:8500', consul.address).replace('8000', String(port)))
  const proxy = startCommand([`--configFile=${file}`])
  try {
    await promisify(execFile)(path.join(example, 'put.sh'), [shop.url], {
      env: { ...process.env, CONSUL_HTTP_ADDR: consul.address },
    })
    await untilServed(port, 'shop.localhost')
    expect(proxy.errors()).not.toContain('ERR')
  } finally {
    proxy.child.kill('SIGTERM')
    await proxy.ended
    await shop.close()
    await consul.stop()
  }
})
