/** What a Worker's configuration is about. */
export interface WorkerProject {
  /** Of the Worker; environments add theirs to it. */
  readonly name: string
  /** In the order in which they are published to. Empty: there is only the Worker itself. */
  readonly environments: readonly string[]
  /** Where the Worker answers: a host (`shop.example.com`), or a route (`*.example.com/*`). Null: not said yet. */
  readonly domain: string | null
}

/** Whom plans are signed for. @param environment null: the Worker itself */
export const audienceOf = ({ name }: WorkerProject, environment: string | null): string =>
  environment === null ? name : `${name}/${environment}`

/** The text of a wrangler.jsonc for a Worker that serves plans which this key has signed. */
export function wranglerConfig(project: WorkerProject, publicKey: string): string {
  const { name, environments } = project
  const own = environments.length === 0 ? bindings(project, null, publicKey) : []
  const lines = [
    '"$schema": "node_modules/wrangler/config-schema.json",',
    `"name": ${JSON.stringify(name)},`,
    '// The proxy as it was built. A plan loads those of its modules that it names.',
    '"main": "node_modules/signalbox/dist/worker.js",',
    '"base_dir": "node_modules/signalbox/dist",',
    '"no_bundle": true,',
    '"find_additional_modules": true,',
    '"rules": [',
    '  // `signalbox edge build` writes the plugins.',
    '  { "type": "ESModule", "globs": ["worker.js", "edge/*.js", "plugins.js"] },',
    '  { "type": "CompiledWasm", "globs": ["plugins/*.wasm"] },',
    '  // The plan to fall back to, where `signalbox edge bundle` has written one.',
    '  { "type": "Text", "globs": ["fallback.json"] }',
    '],',
    '// The dashboard. Only the worker gets at it: a router to `api@internal` says who sees it.',
    `"assets": ${assets},`,
    '"compatibility_date": "2026-10-01",',
    '// What hangs on an exchange ends when its client leaves.',
    '"compatibility_flags": ["enable_request_signal"],',
    '"workers_dev": false,',
    '"preview_urls": false,',
    '"observability": { "enabled": true },',
    '// Limits that hold for all isolates together, health checks every few seconds, `signalbox edge status`.',
    '"migrations": [{ "tag": "v1", "new_sqlite_classes": ["SignalboxState"] }],',
    '// Health checks.',
    '"triggers": { "crons": ["* * * * *"] },',
    ...own,
    ...(environments.length === 0
      ? []
      : ['"env": {', ...withoutLastComma(environments.flatMap((each) => environment(project, each, publicKey))), '},']),
  ]
  return `{\n${withoutLastComma(lines).map(indented).join('\n')}\n}\n`
}

const assets =
  '{ "directory": "node_modules/signalbox/dist/dashboard", "binding": "SIGNALBOX_DASHBOARD", ' +
  '"run_worker_first": true, "html_handling": "none" }'

function environment(project: WorkerProject, name: string, publicKey: string): string[] {
  return [
    `${JSON.stringify(name)}: {`,
    ...withoutLastComma(bindings(project, name, publicKey)).map(indented),
    '},',
  ].map(indented)
}

/** What environments do not inherit. */
function bindings(project: WorkerProject, name: string | null, publicKey: string): string[] {
  const flag = name === null ? '' : ` --env ${name}`
  return [
    ...routes(project, name),
    `// Its id: npx wrangler kv namespace create SIGNALBOX_KV --binding SIGNALBOX_KV --update-config${flag}`,
    '"kv_namespaces": [{ "binding": "SIGNALBOX_KV" }],',
    '"durable_objects": { "bindings": [{ "name": "SIGNALBOX_STATE", "class_name": "SignalboxState" }] },',
    `// Seals what health checks find: npx wrangler secret put SIGNALBOX_HEALTH_SECRET${flag} (a text that nobody can guess)`,
    '"vars": {',
    ...[
      '// Whose plans are served. Several while one replaces another, as `npx signalbox edge keygen` prints them: "a,b".',
      `"SIGNALBOX_PUBLIC_KEYS": ${JSON.stringify(publicKey)},`,
      '// Plans that are published for another Worker or environment are refused.',
      `"SIGNALBOX_AUDIENCE": ${JSON.stringify(audienceOf(project, name))},`,
      '"SIGNALBOX_LOG_LEVEL": "info"',
    ].map(indented),
    '},',
  ]
}

function routes(project: WorkerProject, environment: string | null): string[] {
  const domain = domainOf(project, environment)
  if (domain === null) {
    return ['// Where it answers: "routes": [{ "pattern": "shop.example.com", "custom_domain": true }],']
  }
  const route = /[*/]/.test(domain)
    ? { pattern: domain, zone_name: zoneOf(domain) }
    : { pattern: domain, custom_domain: true }
  return [
    `"routes": [${JSON.stringify(route).replaceAll(':', ': ').replaceAll(',', ', ').replace('{', '{ ').replace('}', ' }')}],`,
  ]
}

/** The last environment has the domain itself, unless one is called `production`; the others stand below it. */
function domainOf({ domain, environments }: WorkerProject, environment: string | null): string | null {
  const main = environments.find((name) => /^prod(uction)?$/.test(name)) ?? environments.at(-1) ?? null
  if (domain === null || environment === main) return domain
  return domain.startsWith('*.') ? `*.${environment}.${domain.slice(2)}` : `${environment}.${domain}`
}

/** A guess: the zone is what is registered, which no name tells. */
const zoneOf = (route: string): string =>
  route
    .replace(/^\*\.?/, '')
    .replace(/\/.*$/, '')
    .split('.')
    .slice(-2)
    .join('.')

const indented = (line: string): string => `  ${line}`

const withoutLastComma = (lines: readonly string[]): string[] => [
  ...lines.slice(0, -1),
  (lines.at(-1) ?? '').replace(/,$/, ''),
]
