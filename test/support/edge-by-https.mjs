// `edge dev` for a client that speaks http alone, as the conformance runner does: what comes to `--port` goes on by TLS,
// so that the worker sees requests by https.
//   node ../shared/conformance/run.mjs --target-edge 'node_modules/.bin/node test/support/edge-by-https.mjs'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import path from 'node:path'
import { connect } from 'node:tls'

const args = process.argv.slice(2)
const at = args.indexOf('--port')
const [, port] = at === -1 ? [] : args.splice(at, 2)
const cli = path.resolve(import.meta.dirname, '../../dist/cli.js')
const dev = spawn(process.execPath, [cli, 'edge', 'dev', '--https', '--port', '0', ...args], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
dev.once('exit', (code) => process.exit(code ?? 1))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => dev.kill(signal))

let output = ''
dev.stdout.on('data', function listen(chunk) {
  process.stdout.write(chunk)
  output += chunk
  const found = /on https:\/\/127\.0\.0\.1:(\d+)/.exec(output)
  if (found === null) return
  dev.stdout.off('data', listen)
  dev.stdout.on('data', (more) => process.stdout.write(more))
  createServer({ allowHalfOpen: true }, (client) => {
    const secure = connect({
      host: '127.0.0.1',
      port: Number(found[1]),
      rejectUnauthorized: false,
      allowHalfOpen: true,
    })
    for (const [from, to] of [
      [client, secure],
      [secure, client],
    ]) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.once('close', () => {
        if (!from.readableEnded) to.destroy()
      })
    }
  }).listen(Number(port), '127.0.0.1')
})
