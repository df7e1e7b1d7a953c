import { Fields } from '../../http/fields.ts'
import { ProxyResponse } from '../../http/response.ts'

/** A 401 as Traefik writes it (`github.com/abbot/go-http-auth`), with its challenge (RFC 9110 §11.6.1). */
export const unauthorized = (challenge: string): ProxyResponse =>
  new ProxyResponse(
    401,
    new Fields(['WWW-Authenticate', challenge, 'Content-Type', 'text/plain']),
    '401 Unauthorized\n',
  )
