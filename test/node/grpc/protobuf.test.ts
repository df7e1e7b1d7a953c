import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frame, MessageSplitter, MessageTooLong } from '../../../adapters/node/grpc/framing.ts'
import { fieldsOf, ProtoWriter } from '../../../adapters/node/grpc/protobuf.ts'

describe('messages', () => {
  test('what is written is read again', () => {
    const field = fc.record({
      field: fc.integer({ min: 1, max: 2 ** 29 - 1 }),
      value: fc.oneof(
        fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      ),
    })
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new ProtoWriter()
        for (const { field, value } of fields) {
          if (typeof value === 'bigint') writer.number(field, value)
          else writer.bytes(field, value)
        }
        expect([...fieldsOf(writer.finish())]).toEqual(fields)
      }),
    )
  })

  test('zero and empty are left out', () => {
    expect(new ProtoWriter().number(1, 0).number(2, false).bytes(3, '').finish()).toHaveLength(0)
  })

  test('what others write beside it is skipped', () => {
    const fixed = Buffer.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4, 0x18, 7])
    expect([...fieldsOf(fixed)]).toEqual([{ field: 3, value: 7n }])
  })

  test('garbage ends in an error or in fields, never in a loop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          expect([...fieldsOf(Buffer.from(bytes))].length).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect((error as Error).message).toBe('malformed message')
        }
      }),
    )
  })
})

describe('frames', () => {
  test('messages are the same however they are cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)))
    fc.assert(
      fc.property(messages, fc.array(fc.nat({ max: 20 })), (sent, cuts) => {
        const splitter = new MessageSplitter(50)
        const received: Buffer[] = []
        let rest = Buffer.concat(sent.map((message) => frame(message)))
        for (const cut of cuts) {
          received.push(...splitter.take(rest.subarray(0, cut)))
          rest = rest.subarray(cut)
        }
        received.push(...splitter.take(rest))
        expect(received.map((message) => message.toString('hex'))).toEqual(
          sent.map((message) => message.toString('hex')),
        )
        expect(splitter.isBetweenMessages).toBe(true)
      }),
    )
  })

  test('a message that is too long is refused before it is there', () => {
    const head = frame(Buffer.alloc(51)).subarray(0, 5)
    expect(() => [...new MessageSplitter(50).take(head)]).toThrow(MessageTooLong)
  })

  test('a compressed one is malformed', () => {
    expect(() => [...new MessageSplitter(50).take(Buffer.from([1, 0, 0, 0, 0]))]).toThrow('malformed answer')
  })
})
