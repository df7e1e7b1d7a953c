#!/usr/bin/env node

/** As `engines` in package.json has it. */
const LEAST = [22, 19] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Everything else is loaded only then: an older Node would stop at something it does not know, and print the bundle
// around it.
if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) void import('./main.ts')
else {
  process.stderr.write(
    `Signalbox needs Node ${LEAST.join('.')} or newer; this is ${process.version} (${process.execPath}), see https://nodejs.org\n`,
  )
  process.exitCode = 1
}
