import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { planFile } from '../../adapters/cli/plan-file.ts'

/** What is wrong with a service of a Compose file whose labels are these lines; the first one is line 4 of the file. */
async function checked(lines: readonly string[], below = 'labels') {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'signalbox-compose-')), 'docker-compose.yml')
  const head =
    below === 'labels'
      ? ['services:', '  shop:', '    labels:']
      : ['services:', '  shop:', `    ${below}:`, '      labels:']
  const indent = below === 'labels' ? '      ' : '        '
  writeFileSync(file, [...head, ...lines.map((line) => indent + line)].join('\n'))
  const { problems } = await planFile(file, { target: 'node', install: null })
  return problems.map(({ severity, message, hint, position }) => ({
    severity,
    message,
    hint,
    line: position?.line,
    column: position?.column,
  }))
}

describe('check of a Compose file', () => {
  test.each([
    ['- traefik.http.routers.a.rulee=Host(`a`)', 'field not found, node: rulee', 'did you mean "rule"?'],
    ['- traefik.http.router.a.rule=Host(`a`)', 'field not found, node: router', 'did you mean "routers"?'],
    ['- treafik.enable=true', 'label "treafik.enable" is ignored', 'did you mean "traefik.enable"?'],
    [
      '- traefik.htp.routers.a.rule=Host(`a`)',
      'label "traefik.htp.routers.a.rule" is ignored',
      'did you mean "traefik.http"?',
    ],
    ['- traefik.frontend.rule=Host:a', 'label "traefik.frontend.rule" is ignored', 'this is a label of Traefik 1'],
    ['- Traefik.http.routers.a.rule=Host(`a`)', 'invalid label root Traefik', 'write "traefik"'],
    ['- traefik.http.routers..rule=Host(`a`)', 'invalid element: traefik.http.routers..rule', null],
    ['- traefik.http.routers.a.rule=Hots(`a`)', 'unsupported function: Hots', 'Did you mean "Host"?'],
    ['- traefik.http.routers.a.rule=Host(`a`', 'error while parsing rule', null],
    ['- traefik.http.routers.a.priority=high', 'high', null],
    ['- traefik.http.services.a.loadbalancer.server.prot=80', 'field not found, node: prot', 'did you mean "port"?'],
    ['- traefik.http.services.a.loadbalancer=true', 'cannot be a standalone element', null],
    ['- traefik.http.routers.a.middlewares=missing', 'middleware "missing@docker" does not exist', null],
    [
      '- traefik.http.middlewares.m.stripprefx.prefixes=/a',
      'field not found, node: stripprefx',
      'did you mean "stripPrefix"?',
    ],
    ['- traefik.enable=yes', 'yes', null],
    ['- traefik.docker.netwrok=web', 'field not found, node: netwrok', 'did you mean "network"?'],
    [
      '- traefik.tls.options.modern.minversion=VersionTLS13',
      'is ignored',
      'TLS options and certificates can’t come from labels: use a file',
    ],
    [
      '- traefik.http.services.a.weighted.services.b.weight=1',
      'weighted can’t come from labels',
      'write it into a file',
    ],
    [
      '- traefik.http.routers.a.rule=Host(`$SIGNALBOX_UNSET`)',
      'the variable SIGNALBOX_UNSET is not set',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Compose
      'write a value for when it is not: ${SIGNALBOX_UNSET:-…}',
    ],
  ])('%s', async (label, message, hint) => {
    const problems = await checked(['- com.example.note=fine', label])
    const found = problems.find((problem) =>
      problem.message.replaceAll("'", '’').includes(message.replaceAll("'", '’')),
    )
    expect(found, JSON.stringify(problems)).toMatchObject({ line: 5, column: 9 })
    if (hint !== null) expect(found?.hint).toBe(hint)
  })

  test('labels as a map, and those of a swarm', async () => {
    expect(await checked(['a.b: c', 'traefik.http.routers.a.rul: Host(`a`)'])).toMatchObject([{ line: 5, column: 7 }])
    expect(await checked(['- traefik.http.services.a.loadbalancer.server.prt=80'], 'deploy')).toMatchObject([
      { line: 5, column: 11 },
    ])
  })

  test('a file in order has no problem', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Compose
    expect(await checked(['- traefik.http.routers.a.rule=Host(`${SIGNALBOX_UNSET:-a}`)', '- price=$$5'])).toEqual([])
    const { problems } = await planFile('examples/docker/docker-compose.yml', { target: 'node', install: null })
    expect(problems).toEqual([])
  })
})
