import { isSecretName, maskUserInfo } from '../../../http/secrets.ts'
import { eachText, type TextPath } from '../../../plan/texts.ts'
import { hasReference } from '../../secret-references.ts'
import type { Finding } from './findings.ts'

/**
 * Credentials that would be published in the clear: hashes of users, `Authorization` and what is named like it, passwords,
 * user information in URLs, keys by their shape. A plan is signed and not encrypted: whoever reads KV reads it.
 * References to variables and files are none here: there is no machine of the operator's.
 */
export function secretFindings(kind: string, name: string, element: object): Finding[] {
  const findings: Finding[] = []
  const note = (severity: Finding['severity'], inside: TextPath, message: string, remedy: string) =>
    findings.push({
      capability: 'secrets',
      severity,
      section: 'http',
      path: [kind, name, ...inside],
      message,
      remedy,
    })
  eachText(element, (text, path) => {
    if (hasReference(text, ['env', 'file'])) {
      note(
        'error',
        path,
        'variables and files of a machine are not there',
        `write \${secret:NAME}: a secret of the Worker`,
      )
    } else if (isCredential(text, path)) {
      note('warning', path, 'this is published in the clear, and in the history too', REMEDY)
    }
  })
  return findings
}

const REMEDY = `write \${secret:NAME} and put the text in by "npx wrangler secret put NAME"`

/** Texts of these begin so: private keys, and tokens of those who give out most of them. */
const SHAPES =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|^(?:sk_live_|rk_live_|ghp_|gho_|github_pat_|glpat-|xox[abp]-|AKIA[0-9A-Z]{12})/

function isCredential(text: string, path: TextPath): boolean {
  if (text === '' || hasReference(text)) return false
  const [key = '', block = ''] = path.toReversed().map(String)
  if (block === 'users') return /^[^:]*:./.test(text)
  if (SHAPES.test(text)) return true
  if (maskUserInfo(text) !== text) return true
  if (key === 'password') return true
  return HEADER_MAPS.has(block) && isSecretName(key) && !/cookie/i.test(key)
}

/** Fields and their values. */
const HEADER_MAPS: ReadonlySet<string> = new Set(['customRequestHeaders', 'customResponseHeaders', 'headers'])
