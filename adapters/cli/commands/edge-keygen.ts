import { writeFile } from 'node:fs/promises'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { EdgeError } from '../edge/edge-error.ts'
import { generateSigningKey } from '../edge/signing-keys.ts'

export const command = defineCommand({
  name: 'edge keygen',
  about: 'makes a signing key for plans',
  example: 'edge keygen --out signing-key.pem',
  details: 'Makes a signing key and prints the public key for the worker.',
  operands: [],
  flags: { out: { value: 'FILE', about: 'where the key is written; a file that is there stays as it is' } },
  async run({ flags: { out } }) {
    if (out === undefined) throw new Misuse('--out FILE is needed')
    const { pem, publicKey } = await generateSigningKey()
    try {
      await writeFile(out, pem, { mode: 0o600, flag: 'wx' })
    } catch (error) {
      throw new EdgeError(`the key can't be written: ${(error as Error).message}`)
    }
    return { json: { publicKey }, text: `SIGNALBOX_PUBLIC_KEYS = "${publicKey}"\n` }
  },
})
