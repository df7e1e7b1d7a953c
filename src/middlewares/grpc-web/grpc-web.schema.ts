import * as z from 'zod'
import { defineElement } from '../../schema/element.ts'
import { texts } from '../../schema/scalars.ts'
import type { GrpcWebConfig } from './grpc-web.ts'

/** Options of `grpcWeb`. */
export const grpcWebElement = defineElement({
  schema: z
    .strictObject({ allowOrigins: texts().optional().describe('Origins whose scripts may call; `*`: all.') })
    .meta({ typeName: '*dynamic.GrpcWeb' })
    .describe('Translates gRPC-Web calls of browsers to gRPC.'),
  prepare: ({ allowOrigins = [] }): GrpcWebConfig => ({ allowOrigins }),
})
