// The service of this example, without a .proto compiler: messages are JSON.
const json = {
  serialize: (value) => Buffer.from(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(bytes.toString()),
}

const method = (name, requestStream, responseStream) => ({
  path: `/demo.Greeter/${name}`,
  requestStream,
  responseStream,
  requestSerialize: json.serialize,
  requestDeserialize: json.deserialize,
  responseSerialize: json.serialize,
  responseDeserialize: json.deserialize,
})

/** One method of each kind that gRPC has. */
export const greeter = {
  hello: method('Hello', false, false),
  countdown: method('Countdown', false, true),
  total: method('Total', true, false),
  chat: method('Chat', true, true),
  slow: method('Slow', false, false),
}
