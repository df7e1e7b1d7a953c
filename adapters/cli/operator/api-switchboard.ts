import { type ApiLocation, sendCommand } from './api-client.ts'
import type { Drained, Switchboard, Switched } from './switchboard.ts'

/** The switches of a running proxy, which must have `api.control`. */
export function apiSwitchboard(where: ApiLocation): Switchboard {
  const path = (protocol: string, service: string) => `/api/${protocol}/services/${encodeURIComponent(service)}/drained`
  const switchOf = (middleware: string) => `/api/http/middlewares/${encodeURIComponent(middleware)}/switch`
  return {
    title: '',
    async drained(protocol, service) {
      return { service, drained: (await sendCommand('GET', path(protocol, service), where)) as readonly string[] }
    },
    async drain(protocol, service, server, isDrained) {
      const command = `${path(protocol, service)}?server=${encodeURIComponent(server)}`
      return (await sendCommand(isDrained ? 'PUT' : 'DELETE', command, where)) as Drained
    },
    switched: async (middleware) => (await sendCommand('GET', switchOf(middleware), where)) as Switched,
    async turn(middleware, on) {
      const command = on === null ? switchOf(middleware) : `${switchOf(middleware)}?on=${on}`
      return (await sendCommand(on === null ? 'DELETE' : 'PUT', command, where)) as Switched
    },
  }
}
