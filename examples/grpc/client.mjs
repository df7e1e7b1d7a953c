// node examples/grpc/client.mjs [ADDRESS]: a call of each kind, by way of the proxy
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js'
import { greeter } from './greeter.mjs'

const Greeter = makeGenericClientConstructor(greeter, 'Greeter')

export const connect = (address) => new Greeter(address, credentials.createInsecure())

export const hello = (client, name) =>
  new Promise((resolve, reject) => client.hello({ name }, (error, answer) => (error ? reject(error) : resolve(answer))))

export async function countdown(client, from) {
  const numbers = []
  for await (const { n } of client.countdown({ from })) numbers.push(n)
  return numbers
}

export const total = (client, numbers) =>
  new Promise((resolve, reject) => {
    const call = client.total((error, answer) => (error ? reject(error) : resolve(answer.sum)))
    for (const n of numbers) call.write({ n })
    call.end()
  })

/** Sends the next text when the answer to the last one is there: both streams are open at once. */
export async function chat(client, texts) {
  const call = client.chat()
  const answers = []
  const rest = [...texts]
  call.write({ text: rest.shift() })
  for await (const { text } of call) {
    answers.push(text)
    if (rest.length > 0) call.write({ text: rest.shift() })
    else call.end()
  }
  return answers
}

export const slow = (client, deadlineMs) =>
  new Promise((resolve, reject) =>
    client.slow({}, { deadline: Date.now() + deadlineMs }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  )

if (process.argv[1] === import.meta.filename) {
  const client = connect(process.argv[2] ?? '127.0.0.1:8000')
  console.log('unary:', await hello(client, 'world'))
  console.log('server stream:', await countdown(client, 3))
  console.log('client stream:', await total(client, [1, 2, 3]))
  console.log('both streams:', await chat(client, ['one', 'two']))
  console.log('error:', await hello(client, '').catch((error) => error.message))
  console.log('deadline:', await slow(client, 200).catch((error) => error.message))
  client.close()
}
