import { describe, expect, test } from 'vitest'
import { corsElement } from '../../src/middlewares/cors/cors.schema.ts'
import { cors } from '../../src/middlewares/cors/cors.ts'
import { buildMiddleware, exchange, type RequestSketch } from '../support/middleware.ts'

const OPTIONS = {
  allowOrigins: ['https://a.test'],
  allowOriginRegexps: ['^https://.*\\.b\\.test$'],
  allowCredentials: true,
  allowMethods: ['GET', 'PUT'],
  allowHeaders: ['*'],
  exposeHeaders: ['X-Seen'],
  maxAge: 60,
}

const answerTo = async (sketch: RequestSketch) => {
  const { response, seen } = await exchange(buildMiddleware(corsElement, cors, OPTIONS), sketch)
  const said = response.headers.lines.filter((_, at) => at % 2 === 0).filter((name) => /^(access|vary)/i.test(name))
  return { response, seen, said }
}

const preflight = (origin: string): RequestSketch => ({
  method: 'OPTIONS',
  headers: ['Origin', origin, 'Access-Control-Request-Method', 'PUT', 'Access-Control-Request-Headers', 'X-Own'],
})

describe('cors', () => {
  test.each(['https://a.test', 'https://www.b.test'])('tells %s what it may do', async (origin) => {
    const { response, seen } = await answerTo(preflight(origin))
    expect(seen).toBeNull()
    expect(response.status).toBe(200)
    expect(response.headers.lines).toEqual([
      ...['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true'],
      ...['Access-Control-Expose-Headers', 'X-Seen', 'Access-Control-Allow-Headers', 'X-Own'],
      ...['Access-Control-Allow-Methods', 'GET,PUT', 'Access-Control-Max-Age', '60'],
    ])
  })

  test('answers a preflight of others without a word of it', async () => {
    const { response, seen, said } = await answerTo(preflight('http://a.test'))
    expect([response.status, seen, said]).toEqual([200, null, []])
  })

  test('lets requests of pages that are allowed read the answer', async () => {
    const { response, seen, said } = await answerTo({ headers: ['Origin', 'https://a.test'] })
    expect(seen).not.toBeNull()
    expect(response.headers.first('access-control-allow-origin')).toBe('https://a.test')
    expect(said).toEqual([
      ...['Access-Control-Allow-Origin', 'Access-Control-Allow-Credentials', 'Access-Control-Expose-Headers', 'Vary'],
    ])
  })

  test.each<[string, RequestSketch]>([
    ['of others', { headers: ['Origin', 'https://www.c.test'] }],
    ['that no page has sent', {}],
  ])('hands on requests %s without a word of it, but for caches', async (_, sketch) => {
    const { seen, said } = await answerTo(sketch)
    expect(seen).not.toBeNull()
    expect(said).toEqual(['Vary'])
  })
})
