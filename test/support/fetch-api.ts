import { fromRequest } from '../../adapters/web/request.ts'
import { toResponse } from '../../adapters/web/response.ts'
import { type ApiOptions, createApi } from '../../src/api/api.ts'
import type { Handler } from '../../src/http/handler.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import type { Snapshot } from '../../src/runtime/snapshot.ts'
import { TestContext } from './middleware.ts'

/** A handler that is asked by Fetch's messages. */
export const fetching =
  (handle: Handler) =>
  async (request: Request, cx: RequestContext = new TestContext()): Promise<Response> =>
    toResponse(await handle(fromRequest(request), cx), request.method, cx)

/** The management API, asked like that. */
export const fetchApi = (source: () => Snapshot, options: ApiOptions) => fetching(createApi(source, options))
