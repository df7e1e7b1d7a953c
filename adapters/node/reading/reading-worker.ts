import { parentPort } from 'node:worker_threads'
import { type KeyValue, readPairs } from '../../../src/compiler/discovery/kv.ts'
import { readFileHere } from '../providers/file/read.ts'
import { type Piece, piecesOf } from './pieces.ts'
import { placesOf } from './places.ts'
import {
  NEXT,
  type ReadingAnswer,
  type ReadingQuestion,
  type ReadingResult,
  type ReadingTask,
} from './reading-thread.ts'
import { readRest } from './rest-read.ts'

/** Reads on a thread of its own: a large configuration takes seconds of computing. */

/** Questions are answered one after the other, each piece by piece. */
const questions: ReadingQuestion[] = []
let pieces: Iterator<Piece> | null = null
let id = -1
let following: IteratorResult<Piece> | null = null
let isAnswering = false

parentPort?.on('message', (message: ReadingQuestion | typeof NEXT) => {
  if (message === NEXT) {
    send()
    return
  }
  questions.push(message)
  if (!isAnswering) void answerAll()
})

/** What is thrown here ends the thread, which its owner is told. */
async function answerAll(): Promise<void> {
  const question = questions.shift()
  isAnswering = question !== undefined
  if (question === undefined) return
  id = question.id
  pieces = piecesOf(await resultOf(question.task))
  following = pieces.next()
  send()
}

function send(): void {
  const piece = following!.value as Piece
  following = pieces!.next()
  const isLast = following.done === true
  const answer: ReadingAnswer = { id, piece, isLast }
  parentPort?.postMessage(answer)
  if (isLast) void answerAll()
}

function resultOf(task: ReadingTask): ReadingResult | Promise<ReadingResult> {
  switch (task.kind) {
    case 'read':
      return readFileHere(task.text, task.format, task.file, task.templates)
    case 'readPairs':
      return readPairs(JSON.parse(task.pairs) as KeyValue[], task.rootKey)
    case 'rest':
      return readRest(task.text)
    case 'places':
      return placesOf(task.problems, task.files)
  }
}
