// Random TCP routers beside HTTP routers on one entry point, and random connections through Signalbox and through Traefik: the
// same certificate, the same protocol, the same server, or refused by both. The last line is `N connections in N worlds, N
// differences`.
import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { cn, makeCertificate } from '../support/certificates.ts'
import { programOptions } from './differential/program-options.mjs'
import { Random } from './differential/random.mjs'
import { startPair } from './differential/requests/pair.mjs'
import { connect, connection, startNamed, streamRouting } from './differential/requests/streams.mjs'

const USAGE = `Example: node test/servers/connections.mjs --worlds 50 --seed 1 --reference /path/to/traefik

  --worlds N        how many configurations are made
  --seed N          which ones
  --reference FILE  the program of Traefik`

const values = programOptions(USAGE, { worlds: '20', seed: '1' })

/** Connections a configuration is asked for, all at once. */
const CONNECTIONS = 18

const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-connections-'))
const certificates = [['a.test'], ['*.a.test'], ['b.test', 'a.test']].map((dns, at) => {
  const { cert, key } = makeCertificate({ subject: cn(dns[0]), dns })
  const [certFile, keyFile] = ['crt', 'key'].map((ending) => path.join(folder, `${at}.${ending}`))
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
  return { certFile, keyFile }
})
const behind = makeCertificate({ subject: cn('behind.test'), dns: ['behind.test'] })
const servers = await startNamed(2, behind.key, behind.cert)
const pair = await startPair(values.reference, ['front'], [])
const worlds = Number(values.worlds)
let count = 0
let unequal = 0
try {
  for (let at = 0; at < worlds; at++) {
    const random = new Random(Number(values.seed) * 1_000_003 + at)
    const { tcp, ...rest } = streamRouting(random, servers.ports, certificates)
    const marker = { entryPoints: ['front'], rule: 'HostSNI(`marker.test`)', service: 'plain0', tls: {}, priority: 2 }
    const routers = { ...tcp.routers, [`marker${at}`]: marker }
    await pair.publish({ tcp: { ...tcp, routers }, ...rest }, 'tcpRouters', `marker${at}`)
    const wanted = Array.from({ length: CONNECTIONS }, () => connection(random))
    const found = await Promise.all(
      wanted.map((one) => Promise.all([pair.reference, pair.ours].map(({ ports }) => connect(ports.front, one)))),
    )
    count += found.length
    for (const [i, [theirs, own]] of found.entries()) {
      if (theirs === own) continue
      unequal++
      console.log(`world ${at}: ${JSON.stringify(wanted[i])}\n  Traefik:   ${JSON.stringify(theirs)}`)
      console.log(
        `  Signalbox: ${JSON.stringify(own)}\n  ${JSON.stringify({ tcp: tcp.routers, http: rest.http?.routers })}`,
      )
    }
  }
} finally {
  pair.stop()
  servers.stop()
}
console.log(`${count} connections in ${worlds} worlds, ${unequal} differences`)
process.exit(unequal === 0 ? 0 : 1)
