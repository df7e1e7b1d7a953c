import { isSecretName, MASK, maskSecrets } from '../../../../src/http/secrets.ts'

/** Arguments of a process as they may be shown: values of options that are named like secrets are stars. */
export function shownCommandLine(args: readonly string[]): string[] {
  let hidesNext = false
  return args.map((arg) => {
    const isHidden = hidesNext && !arg.startsWith('-')
    hidesNext = false
    if (isHidden) return MASK
    const [, option = '', value] = /^(--?[^=]+)(?:=(.*))?$/s.exec(arg) ?? []
    if (option === '' || !isSecretName(option)) return maskSecrets(arg)
    hidesNext = value === undefined
    return value === undefined ? arg : `${option}=${MASK}`
  })
}
