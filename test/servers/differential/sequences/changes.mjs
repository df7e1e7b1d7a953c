// Files that change while both proxies follow them: what is in force after each change, and what goes on in spite of it.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { differences, elementsOf } from '../compare.mjs'
import { ask } from '../requests/asking.mjs'
import { OURS, startEach } from '../requests/pair.mjs'
import { drawChanges, FILES, MARKER_FILE, markerOf, STAY_FILE, stayOf } from './files.mjs'
import { Mount } from './mount.mjs'
import { Staying } from './staying.mjs'
import { hashOf } from './story.mjs'

/** How long a change may take to be seen by both. */
const PATIENCE_MS = 5_000
/** Where nothing is to happen: as long as it would take. */
const QUIET_MS = 350
/** How long a file that has left, or a folder that was swapped, may take. */
const LEAVING_MS = 2_000

/** Both proxies, following one place: a `directory`, a single `file`, or a `mount` as Kubernetes makes it of a ConfigMap. */
export class Following {
  #place
  #mount
  #version = 0

  /** @param {'directory' | 'file' | 'mount'} kind */
  constructor(kind) {
    this.kind = kind
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-changes-'))
    this.#place = path.join(this.folder, 'watched')
    mkdirSync(this.#place)
    this.#mount = kind === 'mount' ? new Mount(this.#place) : null
  }

  async start(program, servers) {
    this.#begin(servers)
    const place = this.kind === 'file' ? `filename=${path.join(this.#place, FILES[0])}` : `directory=${this.#place}`
    const commands = [[program], OURS].map((command) => [command, []])
    const started = await startEach(commands, ['front'], [`--providers.file.${place}`])
    this.sides = ['reference', 'ours'].map((name, at) => ({ name, ...started[at] }))
    return this
  }

  stop() {
    for (const { running } of this.sides) running.stop()
    rmSync(this.folder, { recursive: true })
  }

  /** Goes through random changes. @returns what differs, with the change that it came of */
  async tell(random, servers) {
    for (const server of Object.values(servers)) server.reset()
    this.#begin(servers)
    await this.#settled({ isSeen: true }, ['stay'])
    const staying = await Promise.all(this.sides.map((side) => new Staying(side, servers).begin()))
    const found = []
    for (const change of drawChanges(random, this.kind, servers)) {
      this.#apply(change)
      await this.#settled(change)
      const unequal = await this.#compared(servers)
      // What has been counted is forgotten with a change, and with nothing else.
      const [theirCounts, ownCounts] = await Promise.all(this.sides.map(counted))
      unequal.push(...differences({ counted: theirCounts }, { counted: ownCounts }))
      found.push(...unequal.map((one) => ({ ...one, step: change })))
    }
    for (const server of Object.values(servers)) server.release?.()
    const [theirs, own] = await Promise.all(staying.map((one) => one.end()))
    return [...found, ...differences(theirs, own).map((one) => ({ ...one, step: 'what stays' }))]
  }

  /** What differs in the end: ours gives files that leave a moment to come back. */
  async #compared(servers) {
    for (const end = Date.now() + LEAVING_MS; ; await sleep(100)) {
      const [theirs, own] = await Promise.all(this.sides.map((side) => inForce(side, servers)))
      const found = differences(theirs, own)
      if (found.length === 0 || Date.now() > end) return found
    }
  }

  /** Nothing is there but what the beginning needs. */
  #begin(servers) {
    this.#version++
    const stay = stayOf(servers)
    if (this.kind === 'file') return this.#write(FILES[0], JSON.stringify(withMarker(stay, this.#version)))
    const contents = { [STAY_FILE]: JSON.stringify(stay), [MARKER_FILE]: JSON.stringify(markerOf(this.#version)) }
    if (this.#mount !== null) return this.#mount.replace(contents)
    for (const name of readdirSync(this.#place)) rmSync(path.join(this.#place, name), { recursive: true })
    for (const [name, text] of Object.entries(contents)) this.#write(name, text)
  }

  #apply(change) {
    if (change.isSeen) this.#version++
    const marked = (text) => (change.isSeen && this.kind === 'file' ? JSON.stringify(withMarker(JSON.parse(text), this.#version)) : text) // biome-ignore format: short
    if (this.#mount !== null) {
      return this.#mount.replace({ ...change.all, [MARKER_FILE]: JSON.stringify(markerOf(this.#version)) })
    }
    if (change.write !== undefined) this.#write(change.write, marked(change.text), change.inPlace)
    if (change.remove !== undefined) rmSync(path.join(this.#place, change.remove), { force: true, recursive: true })
    if (change.move !== undefined) renameSync(...change.move.map((name) => path.join(this.#place, name)))
    // What is not told of may be seen with what is.
    if (change.isSeen && this.kind === 'directory') this.#write(MARKER_FILE, JSON.stringify(markerOf(this.#version)))
  }

  #write(name, text, inPlace = false) {
    const file = path.join(this.#place, name)
    mkdirSync(path.dirname(file), { recursive: true })
    if (inPlace) return writeFileSync(file, text)
    // Where it comes from is watched by nobody.
    const elsewhere = path.join(this.folder, 'new')
    writeFileSync(elsewhere, text)
    renameSync(elsewhere, file)
  }

  /** Until both show the marker and others, or for a while where nothing is to be seen. */
  async #settled({ isSeen }, others = []) {
    if (!isSeen) return await sleep(QUIET_MS)
    const end = Date.now() + PATIENCE_MS
    for (const { running } of this.sides) {
      const wanted = [`marker${this.#version}`, ...others].map((name) => `${name}@file`)
      for (;;) {
        const { routers = {} } = await running.rawData()
        if (wanted.every((name) => routers[name] !== undefined) || Date.now() > end) break
        await sleep(20)
      }
    }
    await sleep(40)
  }
}

const withMarker = ({ http, ...rest }, version) => ({
  ...rest,
  http: { ...http, routers: { ...http?.routers, ...markerOf(version).http.routers } },
})

/** What becomes of three requests where two are let through. */
async function counted({ ports, name }) {
  const statuses = []
  for (let i = 0; i < 3; i++) {
    const answer = await ask(ports.front, `GET /count HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nX-Side: ${name}\r\n\r\n`) // biome-ignore format: short
    statuses.push(answer?.status)
  }
  return statuses
}

/** What the API shows, and what clients get. */
async function inForce(side, servers) {
  const { running, ports } = side
  const response = await fetch(`http://127.0.0.1:${running.port}/api/overview`)
  const { http, tcp } = await response.json()
  const answers = {}
  for (const name of ['x', 'y', 'z', 'stay']) {
    const cookie = `lb=${hashOf(Object.values(servers)[0].url)}`
    const lines = ['Host: a.test', 'Connection: close', `X-Side: ${side.name}`, `Cookie: ${cookie}`]
    const answer = await ask(ports.front, `GET /${name} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    answers[name] = answer && { status: answer.status, cookies: answer.fields['set-cookie'], content: answer.content }
  }
  return { elements: elementsOf(await running.rawData(), 'file'), overview: { http, tcp }, answers }
}
