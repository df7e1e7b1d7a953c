import * as z from 'zod'
import { duration, flag, text, texts } from '../../../schema/scalars.ts'
import { tlsClientBlock } from '../blocks.ts'

/** Options that several providers have. */

const DEFAULT_RULE = 'Host(`{{ normalize .Name }}`)'

export const defaultRule = () =>
  text().default(DEFAULT_RULE).describe('Go template for the rule of routers without one.')
export const constraints = () => text().optional().describe('Expression over labels or tags that picks what is used.')
export const exposedByDefault = () => flag().default(true).describe('Use what does not say `enable=true` too.')
export const onConflict = () =>
  z
    .enum(['drop', 'newest'])
    .optional()
    .meta({ ours: true })
    .describe(
      'What happens to an element whose definitions differ: `drop` (default) or `newest`, whose definition counts.',
    )
export const allowEmptyServices = () => flag().optional().describe('Make services without servers.')
export const tls = () => tlsClientBlock().optional().describe('TLS to the API.')
export const token = () => text().optional().describe('Token.')
export const username = () => text().optional().describe('User.')
export const password = () => text().optional().describe('Password.')
export const prefix = () => text().default('traefik').describe('What tags begin with.')
export const throttleDuration = () => duration().optional().describe('Least time between looks at changes.')
export const namespaces = () => texts().optional().describe('Namespaces that are watched; all by default.')
