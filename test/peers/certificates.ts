import path from 'node:path'
import type { PeerRig } from './rig.ts'

/** Paths of a certificate and its key, both PEM. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** An authority made by the `openssl` command. */
export class Authority {
  readonly certFile: string
  readonly #rig: PeerRig
  readonly #keyFile: string

  private constructor(rig: PeerRig, { certFile, keyFile }: CertificateFiles) {
    this.#rig = rig
    this.certFile = certFile
    this.#keyFile = keyFile
  }

  /** Makes an authority; its files are `<name>.pem` and `<name>.key`. */
  static async make(rig: PeerRig, name = 'authority'): Promise<Authority> {
    const files = await request(rig, name, [
      ...['-addext', 'basicConstraints=critical,CA:TRUE'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ])
    return new Authority(rig, files)
  }

  /** Issues a certificate for a host (`*.` is possible) or a client of this name. */
  issue(name: string): Promise<CertificateFiles> {
    return request(this.#rig, name, [
      ...['-CA', this.certFile, '-CAkey', this.#keyFile],
      ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `subjectAltName=DNS:${name}`],
    ])
  }
}

async function request(rig: PeerRig, name: string, more: readonly string[]): Promise<CertificateFiles> {
  const base = path.join(rig.dir, name.replace('*', '_'))
  const files = { certFile: `${base}.pem`, keyFile: `${base}.key` }
  await rig.output('openssl', [
    ...['req', '-x509', '-days', '2', '-subj', `/CN=${name}`, '-nodes'],
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-config', rig.file('openssl.cnf', '[req]\ndistinguished_name=name\n[name]\n')],
    ...['-keyout', files.keyFile, '-out', files.certFile],
    ...more,
  ])
  return files
}
