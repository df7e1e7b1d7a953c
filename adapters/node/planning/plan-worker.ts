import { parentPort, workerData } from 'node:worker_threads'
import { readDynamicFile } from '../../../src/compiler/dynamic/read.ts'
import { compile } from '../../../src/compiler/planning/compile.ts'
import { RuleCache } from '../../../src/compiler/planning/rule-cache.ts'
import { readNamedFile } from '../providers/file/source.ts'
import type { PlanAnswer, PlanQuestion, PlanSetting } from './plan-thread.ts'

/** Reads and plans on a thread of its own: a large configuration takes seconds of computing. */
const setting = workerData as PlanSetting
const rules = new RuleCache()

parentPort?.on('message', ({ id, task }: PlanQuestion) => {
  const result =
    task.kind === 'read'
      ? readDynamicFile(task.text, task.format, task.file)
      : compile(task.configurations, { ...setting, target: 'node', rules, readFile: readNamedFile })
  const answer: PlanAnswer = { id, result }
  parentPort?.postMessage(answer)
})
