// Makes the root folder of the container image: Node of this package's optional dependency with the libraries that it
// needs, what is published, CA certificates, and users. No shell and nothing else is in it.
//
//   node scripts/image.mjs FOLDER            writes it; the Dockerfile's last stage is a copy of it
//   node scripts/image.mjs --import NAME     gives it to `docker import` with what the Dockerfile says below its last
//                                            FROM: the same image, without a base image from anywhere
//
// `npm run build` comes before it.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const project = path.dirname(import.meta.dirname)
const certificates = '/etc/ssl/certs/ca-certificates.crt'
const users = 'root:x:0:0:root:/:/sbin/nologin\nsignalbox:x:65532:65532:signalbox:/tmp:/sbin/nologin\n'
const groups = 'root:x:0:\nsignalbox:x:65532:\n'

const [first, name] = process.argv.slice(2)
if (first === '--import' && name !== undefined) await importAs(name)
else if (first !== undefined && !first.startsWith('-')) writeRoot(first)
else {
  console.error('usage: image.mjs FOLDER | --import NAME')
  process.exitCode = 2
}

/** @param {string} root */
function writeRoot(root) {
  if (!existsSync(path.join(project, 'dist/cli.js'))) throw new Error('dist is not there: run `npm run build` first')
  const put = (/** @type {string} */ from, /** @type {string} */ to) => {
    mkdirSync(path.dirname(path.join(root, to)), { recursive: true })
    copyFileSync(from, path.join(root, to))
  }
  const write = (/** @type {string} */ to, /** @type {string} */ text) => {
    mkdirSync(path.dirname(path.join(root, to)), { recursive: true })
    writeFileSync(path.join(root, to), text)
  }
  const node = path.join(project, `node_modules/node-linux-${process.arch}/bin/node`)
  put(node, 'usr/local/bin/node')
  for (const library of librariesOf(node)) put(library, library)
  for (const notice of globSync('/usr/share/doc/{libc6,libgcc-s1,libstdc++6}/copyright')) put(notice, notice)
  const home = 'usr/local/lib/signalbox'
  // Declarations are for programs that import the package.
  cpSync(path.join(project, 'dist'), path.join(root, home, 'dist'), {
    recursive: true,
    filter: (file) => file !== path.join(project, 'dist/types'),
  })
  put(path.join(project, 'LICENSE'), `${home}/LICENSE`)
  put(path.join(project, 'node_modules', `node-linux-${process.arch}`, 'LICENSE'), 'usr/local/lib/node/LICENSE')
  const { version } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8'))
  write(`${home}/package.json`, `${JSON.stringify({ name: 'signalbox', version, type: 'module' })}\n`)
  put(path.join(project, 'scripts/image/program.cjs'), 'usr/local/bin/signalbox')
  chmodSync(path.join(root, 'usr/local/bin/signalbox'), 0o755)
  symlinkSync('signalbox', path.join(root, 'usr/local/bin/traefik'))
  put(certificates, certificates)
  write('etc/passwd', users)
  write('etc/group', groups)
  write('etc/nsswitch.conf', 'hosts: files dns\n')
  mkdirSync(path.join(root, 'tmp'))
  chmodSync(path.join(root, 'tmp'), 0o1777)
}

/**
 * Shared libraries of a program, the loader among them.
 * @param {string} program
 */
function librariesOf(program) {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
  const missing = /^\s*(\S+) => not found/m.exec(listed)
  if (missing !== null) throw new Error(`${missing[1]} is not on this machine`)
  return [...listed.matchAll(/(?:^\s*|=> )(\/\S+)/gm)].map(([, file]) => file)
}

/** @param {string} name */
async function importAs(name) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signalbox-image-'))
  try {
    chmodSync(folder, 0o755)
    writeRoot(folder)
    const tar = spawn('tar', ['-C', folder, '--owner=0', '--group=0', '--numeric-owner', '-c', '.'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const changes = instructions().flatMap((line) => ['--change', line])
    const docker = spawn('docker', ['import', ...changes, '-', name], { stdio: [tar.stdout, 'inherit', 'inherit'] })
    const [[status], [packed]] = await Promise.all([once(docker, 'exit'), once(tar, 'exit')])
    if (status !== 0 || packed !== 0) throw new Error('`docker import` has failed')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the Dockerfile says of the image itself: everything below its last FROM but the copy. */
function instructions() {
  const stage = readFileSync(path.join(project, 'Dockerfile'), 'utf8')
    .split(/^FROM .*$/m)
    .at(-1)
  return stage
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line) && !line.startsWith('COPY '))
}
