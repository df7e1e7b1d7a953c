import { cryptoFunctions } from './crypto.ts'
import { dateFunctions } from './dates.ts'
import { dictFunctions } from './dicts.ts'
import { encodingFunctions } from './encoding.ts'
import { environmentFunctions } from './environment.ts'
import { type FunctionGroup, fn, text } from './function.ts'
import { jsonFunctions } from './json.ts'
import { listFunctions } from './lists.ts'
import { numberFunctions } from './numbers.ts'
import { pathFunctions } from './paths.ts'
import { typeFunctions } from './reflection.ts'
import { regexpFunctions } from './regexps.ts'
import { textFunctions } from './texts.ts'
import { urlFunctions } from './urls.ts'
import { satisfies } from './version-constraints.ts'
import { parseVersion } from './versions.ts'

/** The text functions of Sprig 3.2.3, and Traefik's `normalize`. */
export const SPRIG: FunctionGroup = {
  ...textFunctions,
  ...listFunctions,
  ...dictFunctions,
  ...numberFunctions,
  ...jsonFunctions,
  ...encodingFunctions,
  ...cryptoFunctions,
  ...dateFunctions,
  ...regexpFunctions,
  ...pathFunctions,
  ...urlFunctions,
  ...typeFunctions,
  ...environmentFunctions,
  semver: fn([text], ([written]) => parseVersion(written)),
  semverCompare: fn([text, text], ([constraint, written]) => satisfies(constraint, written)),
}
