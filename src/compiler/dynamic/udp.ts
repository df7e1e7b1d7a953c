import * as z from 'zod'
import { integer, text, texts } from '../../schema/scalars.ts'

/** The section `udp` (Traefik v3.7 `pkg/config/dynamic/udp_config.go`). */

const serviceSchema = z.strictObject({
  loadBalancer: z
    .strictObject({
      servers: z
        .array(
          z.strictObject({
            address: text()
              .meta({ ignoredIn: ['label'] })
              .optional()
              .describe('`host:port`.'),
            port: text()
              .meta({ ignoredIn: ['file', 'kv'] })
              .optional()
              .describe('Port, when the address comes from a container.'),
          }),
        )
        .meta({ labelName: 'server' })
        .optional()
        .describe('The servers.'),
    })
    .meta({ typeName: '*dynamic.UDPServersLoadBalancer' })
    .optional()
    .describe('Spreads sessions over servers.'),
  weighted: z
    .strictObject({
      services: z
        .array(
          z.strictObject({
            name: text().optional().describe('Name of the service.'),
            weight: integer().default(1).describe('Share in relation to the other services.'),
          }),
        )
        .optional()
        .describe('The services and their weights.'),
    })
    .meta({ ignoredIn: ['label'], typeName: '*dynamic.UDPWeightedRoundRobin' })
    .optional()
    .describe('Spreads sessions over services by weight.'),
})

const routerSchema = z.strictObject({
  entryPoints: texts().optional().describe('Entry points it listens on; all UDP ones when there are none.'),
  service: text().optional().describe('Service that answers.'),
})

/** `udp` */
export const udpSchema = z
  .strictObject({
    routers: z.record(z.string(), routerSchema).meta({ typeName: 'map[string]*dynamic.UDPRouter' }).optional(),
    services: z.record(z.string(), serviceSchema).meta({ typeName: 'map[string]*dynamic.UDPService' }).optional(),
  })
  .meta({ mayBeCleared: true, typeName: '*dynamic.UDPConfiguration' })
  .describe('UDP routers and services.')

/** The section `udp`, decoded. */
export type UdpConfig = z.output<typeof udpSchema>
