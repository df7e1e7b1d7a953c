import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Questions that are on their way to the program at a time. */
const AHEAD = 50

/**
 * The program of Go that reads texts.
 * @param {string} file
 * @returns `ask(what, inputs)`: what comes of each of them, `{value}` or `{error}`
 */
export function startProgram(file) {
  let child = null
  let questions = []
  let answers = []
  let asked = 0
  let done = null
  let failure = null

  function start() {
    const started = spawn(file, { stdio: ['pipe', 'pipe', 'ignore'], env: { ...VARIABLES, TZ: 'UTC' } })
    child = started
    asked = answers.length
    createInterface({ input: started.stdout }).on('line', (line) => take(JSON.parse(line)))
    // That it has ended is said by `close`.
    started.stdin.on('error', () => undefined)
    started.on('error', (error) => {
      failure = error
      done?.reject(error)
    })
    started.on('close', () => {
      child = null
      if (failure !== null || done === null) return
      start()
      take({ error: 'the program has ended' })
    })
  }

  function take(answer) {
    answers.push(answer)
    asked = Math.max(asked, answers.length)
    if (answers.length === questions.length) done.resolve(answers)
    else send()
  }

  function send() {
    while (asked < questions.length && asked < answers.length + AHEAD) child.stdin.write(`${questions[asked++]}\n`)
  }

  start()
  return {
    async ask(what, inputs) {
      if (inputs.length === 0) return []
      questions = inputs.map((input) => JSON.stringify({ what, input }))
      answers = []
      asked = 0
      const finished = Promise.withResolvers()
      done = finished
      send()
      await finished.promise
      done = null
      return answers
    },
    stop: () => child?.kill(),
  }
}

/** What templates find in the environment. */
export const VARIABLES = { SB_HOST: 'shop.example.com', SB_LIST: 'a,b,c', SB_EMPTY: '', SB_PORT: '8080' }
