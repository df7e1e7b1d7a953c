// `npm start`: three small servers to send requests to, and the proxy in front of them. Nothing leaves this machine.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'

const servers = [
  { name: 'shop-1', port: 9001 },
  { name: 'shop-2', port: 9002 },
  { name: 'orders', port: 9003 },
]

for (const { name, port } of servers) {
  const server = createServer((request, response) => {
    if (request.url === '/health') return response.end('ok\n')
    response.setHeader('Content-Type', 'application/json')
    const { headers, method, url } = request
    response.end(`${JSON.stringify({ server: name, method, url, headers }, null, 2)}\n`)
  })
  server.on('error', (error) => {
    console.error(`demo server ${name}: port ${port} of 127.0.0.1: ${error.message}`)
    process.exit(1)
  })
  await new Promise((listening) => server.listen(port, '127.0.0.1', () => listening(null)))
}

const proxy = spawn(process.execPath, ['dist/cli.js', '--configFile=examples/quickstart/signalbox.yml'], {
  stdio: 'inherit',
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => proxy.kill(signal))
proxy.on('exit', (code) => process.exit(code ?? 1))

// Said once the proxy answers.
for (let ready = false; !ready; ) {
  ready = await fetch('http://127.0.0.1:8080/api/overview').then(
    (answer) => answer.ok,
    () => false,
  )
  if (!ready) await new Promise((wake) => setTimeout(wake, 50))
}
console.log(`
Signalbox runs on examples/quickstart/routing.yml; three demo servers stand behind it. Try:

  curl -H 'Host: shop.localhost' http://127.0.0.1:8000/             # balanced 3:1 over shop-1 and shop-2
  curl -H 'Host: shop.localhost' http://127.0.0.1:8000/api/orders   # prefix stripped, header added
  curl -i -H 'Host: old.localhost' http://127.0.0.1:8000/sale       # redirected
  curl -u demo:signalbox -H 'Host: admin.localhost' http://127.0.0.1:8000/
  curl http://127.0.0.1:8080/api/http/routers                       # what is running

Edit examples/quickstart/routing.yml while it runs: changes are live at once, mistakes are reported and change nothing.
Ctrl-C stops it.
`)
