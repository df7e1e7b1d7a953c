import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import {
  borrowBuffer,
  type Reader,
  readsTo,
  returnBuffer,
  sharedBuffer,
} from '../../../adapters/node/sockets/socket-reads.ts'

test('a socket without a handle of the known kind is read by its data events', () => {
  const read: string[] = []
  const reader: Reader = {
    nextBuffer: null,
    onRead: (buffer, length) => read.push(buffer.toString('latin1', 0, length)),
  }
  const socket = Object.assign(new EventEmitter(), { resume: () => read.push('(resumed)') })
  readsTo(socket as unknown as Socket, reader)
  socket.emit('data', Buffer.from('abc'))
  expect(read).toEqual(['(resumed)', 'abc'])
})

test('large buffers are lent to a bounded number of connections', () => {
  const lent: Buffer[] = []
  for (let buffer = borrowBuffer(); buffer !== null; buffer = borrowBuffer()) lent.push(buffer)
  expect(lent.length).toBeLessThanOrEqual(96)
  expect(new Set([...lent, sharedBuffer]).size).toBe(lent.length + 1)
  for (const buffer of lent) returnBuffer(buffer)
  const again = borrowBuffer()
  expect(lent).toContain(again)
  returnBuffer(again)
})
