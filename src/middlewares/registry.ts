import { addPrefix } from './add-prefix.ts'
import { basicAuth } from './basic-auth.ts'
import { chain } from './chain.ts'
import { headers } from './headers.ts'
import { ipAllowList } from './ip-allow-list.ts'
import { redirectRegex } from './redirect-regex.ts'
import { redirectScheme } from './redirect-scheme.ts'
import { replacePath } from './replace-path.ts'
import { replacePathRegex } from './replace-path-regex.ts'
import { stripPrefix } from './strip-prefix.ts'
import { stripPrefixRegex } from './strip-prefix-regex.ts'

/** Run-time halves of the HTTP middlewares by their option's name. */
export const middlewareKinds = {
  addPrefix,
  basicAuth,
  chain,
  headers,
  ipAllowList,
  redirectRegex,
  redirectScheme,
  replacePath,
  replacePathRegex,
  stripPrefix,
  stripPrefixRegex,
} as const
