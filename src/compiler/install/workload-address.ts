/** Where the workload API listens. */
export type WorkloadAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** `unix:///path` or `tcp://address:port`, as go-spiffe has it. @returns what is wrong with it where it is none */
export function parseWorkloadAddress(text: string): WorkloadAddress | string {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'unix:' && url.protocol !== 'tcp:')) {
    return 'workload endpoint socket URI must have a "tcp" or "unix" scheme: unix:///run/spire/agent.sock'
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    return 'workload endpoint socket URI has neither a user nor a query nor a fragment'
  }
  const path = pathOf(url)
  if (url.protocol === 'unix:') {
    return url.host === '' && path.startsWith('/') && path !== '/'
      ? { kind: 'unix', path }
      : 'workload endpoint unix socket URI must be an absolute path: unix:///run/spire/agent.sock'
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isWhole = url.pathname === '' && url.port !== '' && /^[\d.]+$|:/.test(host)
  return isWhole
    ? { kind: 'tcp', host, port: Number(url.port) }
    : 'workload endpoint tcp socket URI must be an address with a port and nothing else: tcp://127.0.0.1:8081'
}

/** Empty: it can't be read. */
function pathOf({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    // A percent sign that stands for nothing.
    return ''
  }
}
