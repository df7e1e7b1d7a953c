import * as z from 'zod'
import { emptyable, flag, integer, text, textMap, texts } from '../../schema/scalars.ts'

/** Blocks that several sections of the install configuration share. */

/** TLS to a server of ours: a provider's API, a collector. */
export const tlsClientBlock = () =>
  z
    .strictObject({
      ca: text().optional().describe('Certificate authority: path or PEM.'),
      cert: text().optional().describe('Client certificate: path or PEM.'),
      key: text().optional().describe('Key of the client certificate: path or PEM.'),
      insecureSkipVerify: flag().optional().describe('Accept any certificate.'),
    })
    .meta({ typeName: '*types.ClientTLS' })

/** Where a collector listens by gRPC. */
export const otlpGrpcBlock = () =>
  emptyable(
    z.strictObject({
      endpoint: text().default('localhost:4317').describe('Address of the collector: `host:port`.'),
      insecure: flag().optional().describe('Speak without TLS.'),
      tls: tlsClientBlock().optional().describe('TLS to the collector.'),
      headers: textMap().optional().describe('Fields sent with the data.'),
    }),
  )

/** Where a collector listens by HTTP. */
export const otlpHttpBlock = () =>
  emptyable(
    z.strictObject({
      endpoint: text().default('https://localhost:4318').describe('URL of the collector.'),
      tls: tlsClientBlock().optional().describe('TLS to the collector.'),
      headers: textMap().optional().describe('Fields sent with the data.'),
    }),
  )

/** OpenTelemetry for log lines. */
export const otlpLogBlock = () =>
  emptyable(
    z.strictObject({
      serviceName: text().default('traefik').describe('Name of the service in the data.'),
      resourceAttributes: textMap().optional().describe('Attributes of the resource.'),
      grpc: otlpGrpcBlock().optional().describe('Send by gRPC.'),
      http: otlpHttpBlock().prefault({}).describe('Send by HTTP.'),
    }),
  )

/** Accepted identities of servers. */
export const spiffeClientBlock = () =>
  emptyable(
    z.strictObject({
      ids: texts().optional().describe('SPIFFE identities that are accepted.'),
      trustDomain: text().optional().describe('Trust domain of which every identity is accepted.'),
    }),
  )

/** Which address a forwarded request comes from. */
export const ipStrategyFields = {
  depth: integer().optional().describe('Position in X-Forwarded-For, counted from the right.'),
  excludedIPs: texts().optional().describe('Addresses that are skipped.'),
  ipv6Subnet: integer().optional().describe('Bits of an IPv6 address that count.'),
}
