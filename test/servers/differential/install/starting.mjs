import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../support/free-port.ts'
import { ENTRY_POINTS } from './draw.mjs'

/** How long a proxy may take until it answers or has ended; one that lives on has started, and answers elsewhere. */
const PATIENCE_MS = 6_000
/** Where an entry point may be. */
const HOSTS = ['127.0.0.1', '[::1]']

const FILES = {
  'dynamic.yml': 'http: {routers: {r: {rule: "PathPrefix(`/r`)", service: noop@internal}}}\n',
  'broken.yml': 'http: {routers: [\n',
  'wrong.txt': 'http: {}\n',
  'folder/dynamic.toml': '[http.routers.t]\nrule = "PathPrefix(`/t`)"\nservice = "noop@internal"\n',
  'other.yml': 'ping: {}\n',
}

const REQUESTS = [
  '/ping',
  '/api/entrypoints',
  '/api/overview',
  '/api/rawdata',
  '/base/api/overview',
  '/r',
  '/r/../ping',
  '/r%2Fa',
  '/t?a;b',
  '/api/providers/rest',
  '/debug/nothing',
  '/nothing',
]

/** A proxy that is started once with one configuration, in a folder of its own. */
export class Started {
  #child
  #log

  /** @param command of the proxy @param written as `written` gives it, with `@web@` for the port of `web` */
  constructor(command, written) {
    this.command = command
    this.written = written
  }

  async start() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-install-'))
    this.ports = {}
    for (const name of ENTRY_POINTS) this.ports[name] = await freePort()
    const place = (text) => text.replaceAll(/@(web|alt|traefik)@/g, (_, name) => this.ports[name])
    mkdirSync(path.join(this.folder, 'folder'))
    for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(this.folder, name), text)
    for (const { name, text } of this.written.files) writeFileSync(path.join(this.folder, name), place(text))
    this.#log = path.join(this.folder, 'output')
    const file = openSync(this.#log, 'w')
    const [program, ...args] = this.command
    this.#child = spawn(program, [...args, ...this.written.args.map(place)], {
      stdio: ['ignore', file, file],
      cwd: this.folder,
      env: {
        PATH: process.env.PATH,
        HOME: this.folder,
        ...Object.fromEntries(Object.entries(this.written.env).map(([name, text]) => [name, place(text)])),
      },
    })
    const ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.status = code ?? signal
        resolve()
      })
    })
    const end = Date.now() + PATIENCE_MS
    while (this.status === undefined && Date.now() < end) {
      if (await this.#answers()) return
      await Promise.race([ended, sleep(20)])
    }
  }

  async #answers() {
    const answers = await Promise.all(
      Object.values(this.ports).flatMap((port) => HOSTS.map((host) => ask(`${host}:${port}`, '/nothing'))),
    )
    return answers.some((answer) => answer !== null)
  }

  /** What it answers, made comparable: no ports, no times. */
  async view() {
    const view = {}
    for (const [name, port] of Object.entries(this.ports)) {
      for (const target of REQUESTS) {
        const answer = await ask(`127.0.0.1:${port}`, target)
        view[`${name} ${target}`] = answer === null ? null : this.#comparable(answer)
      }
    }
    return view
  }

  #comparable({ status, location, content }) {
    const plain = (text) => {
      let result = text
      for (const [name, port] of Object.entries(this.ports)) result = result.replaceAll(String(port), `@${name}@`)
      return result
    }
    let value = plain(content)
    try {
      value = sorted(JSON.parse(value))
    } catch {
      // Not all answers are JSON.
    }
    return { status, ...(location === null ? {} : { location: plain(location) }), content: value }
  }

  /** What it wrote. */
  output() {
    return readFileSync(this.#log, 'utf8')
  }

  stop() {
    this.#child?.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function ask(authority, target) {
  try {
    const response = await fetch(`http://${authority}${target}`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(5000),
    })
    return { status: response.status, location: response.headers.get('location'), content: await response.text() }
  } catch {
    return null
  }
}

function sorted(value) {
  if (Array.isArray(value)) {
    const list = value.map(sorted)
    return list.every((item) => typeof item === 'string') ? list.sort() : list
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}
