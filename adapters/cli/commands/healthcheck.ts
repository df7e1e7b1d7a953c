import { nodeHttp } from '../../node/node-http.ts'
import { defineInstallCommand } from '../command.ts'
import { loadInstallHere } from '../install.ts'

const LIMIT_MS = 5_000

export const command = defineInstallCommand({
  name: 'healthcheck',
  about: 'asks the ping of a proxy with the same configuration',
  example: 'healthcheck --configFile=traefik.yml',
  details: 'Asks the ping of the proxy that runs with the same configuration on this machine.',
  async run(args) {
    const { written, install } = loadInstallHere(args)
    const configuration = install ?? written
    if (configuration?.ping === undefined) return fail('please enable `ping` to use healthcheck')
    const { entryPoint } = configuration.ping
    const address = configuration.entryPoints?.[entryPoint]?.address
    if (address === undefined) return fail(`missing ping entrypoint ${entryPoint}`)
    const [host, port] = split(address.replace(/\/(?:tcp|udp)$/i, ''))
    const url = `http://${host}:${port}/ping`
    try {
      const status = await head(url)
      if (status !== 200) return fail(`bad healthcheck status: ${status}`)
    } catch (error) {
      return fail(`error calling healthcheck: ${error instanceof Error ? error.message : String(error)}`)
    }
    process.stdout.write(`OK: ${url}\n`)
    return 0
  },
})

function split(address: string): [host: string, port: string] {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon) || '127.0.0.1', address.slice(colon + 1)]
}

/** Without a proxy and without following redirections. */
function head(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = nodeHttp.request(url, { method: 'HEAD', timeout: LIMIT_MS }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${LIMIT_MS} ms`)))
    call.on('error', reject)
    call.end()
  })
}

function fail(reason: string): number {
  process.stderr.write(`${reason}\n`)
  return 1
}
