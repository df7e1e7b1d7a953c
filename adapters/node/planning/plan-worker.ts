import { parentPort, workerData } from 'node:worker_threads'
import { type KeyValue, readPairs } from '../../../src/compiler/discovery/kv.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import { RuleCache } from '../../../src/compiler/planning/rule-cache.ts'
import { readFileHere } from '../providers/file/read.ts'
import { readNamedFile } from '../providers/file/source.ts'
import { type Piece, piecesOf } from './pieces.ts'
import {
  NEXT,
  type PlanAnswer,
  type PlanQuestion,
  type PlanResult,
  type PlanSetting,
  type PlanTask,
} from './plan-thread.ts'
import { readRest } from './rest-read.ts'

/** Reads and plans on a thread of its own: a large configuration takes seconds of computing. */
const setting = workerData as PlanSetting
const rules = new RuleCache()

/** Questions are answered one after the other, each piece by piece. */
const questions: PlanQuestion[] = []
let pieces: Iterator<Piece> | null = null
let id = -1
let following: IteratorResult<Piece> | null = null
let isAnswering = false

parentPort?.on('message', (message: PlanQuestion | typeof NEXT) => {
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
  const answer: PlanAnswer = { id, piece, isLast }
  parentPort?.postMessage(answer)
  if (isLast) void answerAll()
}

function resultOf(task: PlanTask): PlanResult | Promise<PlanResult> {
  switch (task.kind) {
    case 'read':
      return readFileHere(task.text, task.format, task.file, task.templates)
    case 'readPairs':
      return readPairs(JSON.parse(task.pairs) as KeyValue[], task.rootKey)
    case 'rest':
      return readRest(task.text)
    case 'compile':
      return compile(task.configurations, { ...setting, target: 'node', rules, readFile: readNamedFile })
  }
}
