import { defineCommand } from '../command.ts'
import { completionScript, type Shell } from '../completion.ts'
import { installOptions } from '../install-options.ts'

export const command = defineCommand({
  name: 'completion',
  about: 'a script that lets a shell complete commands and options',
  example: 'completion bash >> ~/.bash_completion',
  details: 'Prints a script that lets a shell complete commands and options; its first lines say where it belongs.',
  operands: [{ name: 'SHELL', choices: ['bash', 'zsh', 'fish'], about: 'the shell' }],
  flags: {},
  async run({ operands, program }) {
    const script = completionScript(operands[0] as Shell, await program.load(), program.aliases, installOptions())
    return { text: script, json: { script } }
  },
})
