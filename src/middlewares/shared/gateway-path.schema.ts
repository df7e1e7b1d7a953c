import { hasControls } from '../../http/controls.ts'
import { PrepareError } from '../../schema/element.ts'

/** Null where there is none; throws `PrepareError` for what can't be sent. */
export function prepareGatewayPath(path: string | undefined): string | null {
  if (path === undefined) return null
  if (hasControls(path)) throw new PrepareError(`path holds a control character: ${JSON.stringify(path)}`)
  return path
}

/** Null where there is none; throws `PrepareError` for what is no host. */
export function prepareGatewayHost(hostname: string | undefined): string | null {
  if (hostname === undefined) return null
  if (!/^[A-Za-z0-9.:[\]_-]+$/.test(hostname)) throw new PrepareError(`invalid hostname: ${JSON.stringify(hostname)}`)
  return hostname
}
