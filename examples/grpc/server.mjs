// node examples/grpc/server.mjs [PORT]
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { greeter } from './greeter.mjs'

const implementation = {
  hello({ request, metadata }, reply) {
    if (request.name === '') return reply({ code: status.INVALID_ARGUMENT, details: 'a name is needed' })
    reply(null, { text: `hello ${request.name}`, forwardedFor: metadata.get('x-forwarded-for')[0] ?? '' })
  },
  countdown(call) {
    for (let n = call.request.from; n > 0; n--) call.write({ n })
    call.end()
  },
  total(call, reply) {
    let sum = 0
    call.on('data', ({ n }) => {
      sum += n
    })
    call.on('end', () => reply(null, { sum }))
  },
  chat(call) {
    call.on('data', ({ text }) => call.write({ text: text.toUpperCase() }))
    call.on('end', () => call.end())
  },
  slow() {
    // Never answers: for deadlines.
  },
}

/** Starts the server; resolves to what stops it. */
export async function startGreeter(address) {
  const server = new Server()
  server.addService(greeter, implementation)
  const port = await new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { port, stop: () => server.forceShutdown() }
}

if (process.argv[1] === import.meta.filename) {
  const { port } = await startGreeter(`127.0.0.1:${process.argv[2] ?? 9101}`)
  console.log(`greeter listens on 127.0.0.1:${port}`)
}
