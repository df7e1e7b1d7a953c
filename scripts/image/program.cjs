#!/usr/local/bin/node
// `signalbox` inside the container image, and `traefik` too: Compose files for Traefik's image call that by name.
const { spawnSync } = require('node:child_process')
const { readFileSync } = require('node:fs')
const path = require('node:path')

const cli = '/usr/local/lib/signalbox/dist/cli.js'
const names = ['signalbox', 'traefik']

const args = process.argv.slice(2)
if (names.includes(args[0])) args.shift()
if (args.length === 1 && args[0] === 'healthcheck') checkHealth()
else {
  process.argv = [...process.argv.slice(0, 2), ...args]
  import(cli)
}

/**
 * The engine runs `signalbox healthcheck` without the flags of the proxy, so those of the container's first process
 * count. Where `ping` is off there is nothing to ask, and the container is healthy as long as it runs: Swarm would end
 * it otherwise.
 */
function checkHealth() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'healthcheck', ...flagsOfProxy()], {
    encoding: 'utf8',
  })
  const isUnasked = stderr.startsWith('please enable `ping`')
  if (isUnasked) process.stdout.write('not asked: `ping` is off\n')
  else process.stdout.write(stdout + stderr)
  process.exitCode = isUnasked ? 0 : (status ?? 1)
}

/** What follows the program's name in the first process; an init of the engine (`--init`) may stand before it. */
function flagsOfProxy() {
  const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0').slice(0, -1)
  const at = words.findIndex((word) => word.startsWith('/') && names.includes(path.basename(word)))
  const rest = at === -1 ? [] : words.slice(at + 1)
  while (rest.length > 0 && [...names, 'run'].includes(rest[0])) rest.shift()
  return rest
}
