import { parseXml, textOf } from '../../../../src/compiler/discovery/ecs/xml.ts'
import { ProviderRefused } from '../provider.ts'

/** What an API of Amazon says about a request that it did not carry out. */
export interface AwsFault {
  /** `ThrottlingException`, `AccessDenied` … */
  readonly code: string
  readonly message: string
}

/** Reads the content of an answer that is no success: JSON or XML. */
export function faultOf(content: string): AwsFault {
  if (content.trimStart().startsWith('<')) {
    const root = parseXml(content)
    // EC2 has a list of them, STS has one.
    const listed = textOf(root, 'Errors', 'Error', 'Code') === '' ? ['Error'] : ['Errors', 'Error']
    return { code: textOf(root, ...listed, 'Code'), message: textOf(root, ...listed, 'Message') }
  }
  try {
    const fault = JSON.parse(content) as { __type?: unknown; message?: unknown; Message?: unknown } | null
    const type = typeof fault?.__type === 'string' ? fault.__type : ''
    const message = fault?.message ?? fault?.Message
    return { code: type.replace(/^.*#/, ''), message: typeof message === 'string' ? message : '' }
  } catch {
    // Whatever answered was no API of Amazon.
    return { code: '', message: '' }
  }
}

const THROTTLED =
  /^(?:Throttling|ThrottlingException|ThrottledException|RequestThrottled(?:Exception)?|RequestLimitExceeded|BandwidthLimitExceeded|TooManyRequestsException|LimitExceededException|SlowDown|TransactionInProgressException|PriorRequestNotComplete)$/

/** Whether the same request may fare better after a while. */
export const isTransient = (status: number, { code }: AwsFault): boolean =>
  THROTTLED.test(code) || status === 429 || status >= 500

const REFUSED =
  /^(?:AccessDenied(?:Exception)?|UnauthorizedOperation|AuthFailure|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken(?:Exception)?|ExpiredToken(?:Exception)?|RequestExpired|OptInRequired)$/

const MOST_SHOWN = 300

/** The error of a request that nobody will try again. */
export function awsError(action: string, peer: string, status: number, fault: AwsFault): Error {
  const said = [fault.code, fault.message]
    .filter((part) => part !== '')
    .join(': ')
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .slice(0, MOST_SHOWN)
  const message = `${action} at ${peer}: ${status}${said === '' ? '' : ` ${said}`}`
  const isRefused = status === 401 || status === 403 || REFUSED.test(fault.code)
  return isRefused ? new ProviderRefused(message) : new Error(message)
}
