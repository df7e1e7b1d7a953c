import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyPair } from '../../../../src/compiler/discovery/kubernetes/secrets.ts'

/** What is wrong with a certificate and its key, null: nothing. It says nothing of what is in them. */
export function keyPairFault({ certFile, keyFile }: KeyPair): string | null {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(certFile)
  } catch {
    return 'tls.crt holds no certificate in PEM'
  }
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyFile)) ? null : 'tls.key is not the key of tls.crt'
  } catch {
    return 'tls.key holds no private key in PEM'
  }
}
