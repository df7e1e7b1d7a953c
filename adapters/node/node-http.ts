/**
 * Node's HTTP client. `import 'node:http'` evaluates everything that the module exports, and with that loads Node's Fetch:
 * 15 MB of memory that nothing here needs.
 */
export const nodeHttp: typeof import('node:http') = process.getBuiltinModule('node:http')
