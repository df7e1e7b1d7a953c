import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'

/** Runs on a thread of its own: one comparison of cost 10 takes some 80 ms of computing. */
parentPort?.on('message', ({ password, hash }: { password: string; hash: string }) => {
  parentPort?.postMessage(fits(password, hash))
})

function fits(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash)
  } catch {
    // What is no bcrypt hash fits no password.
    return false
  }
}
