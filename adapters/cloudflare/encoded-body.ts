import { type Body, StreamBody } from '../../src/http/body.ts'

/** Content that the runtime encodes on its way out, as `Content-Encoding` says. */
export class PlatformEncodedBody extends StreamBody {
  constructor(plain: Body) {
    super(plain.stream(), null)
  }
}
