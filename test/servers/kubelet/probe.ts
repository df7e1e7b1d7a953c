import http from 'node:http'
import net from 'node:net'
import { type Container, type Probe, portOf } from './pod-spec.ts'

const LIMIT_MS = 1_000

/** Whether the container says that it is ready; without a probe it always is. */
export async function isReady(container: Container, address: string): Promise<boolean> {
  const { readinessProbe: probe } = container
  if (probe === undefined) return true
  if (probe.httpGet !== undefined) return await answers(address, portOf(container, probe.httpGet.port), probe.httpGet)
  if (probe.tcpSocket !== undefined) return await accepts(address, portOf(container, probe.tcpSocket.port))
  throw new Error(`a probe that is not known here: ${JSON.stringify(probe)}`)
}

const answers = (host: string, port: number, { path = '/' }: Required<Probe>['httpGet']): Promise<boolean> =>
  new Promise((resolve) => {
    const request = http.get({ host, port, path, agent: false, timeout: LIMIT_MS }, (response) => {
      response.resume()
      resolve(response.statusCode! >= 200 && response.statusCode! < 400)
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(false))
  })

const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: LIMIT_MS })
    const end = (does: boolean): void => {
      socket.destroy()
      resolve(does)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
