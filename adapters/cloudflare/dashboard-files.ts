import type { DashboardFiles } from '../../src/api/dashboard.ts'

/**
 * The dashboard from static assets. The network compresses what it sends, so copies are of no use.
 * @param assets undefined: the worker has been deployed without
 */
export const dashboardFiles = (assets: Fetcher | undefined): DashboardFiles => ({
  encodings: [],
  missing:
    'the dashboard is not deployed with this worker: its configuration needs ' +
    '"assets": {"directory": "node_modules/signalbox/dist/dashboard", "binding": "SIGNALBOX_DASHBOARD", ' +
    '"run_worker_first": true, "html_handling": "none"}',
  async read(name) {
    if (assets === undefined) return null
    const answer = await assets.fetch(`http://assets/${name}`)
    if (answer.status === 200) return new Uint8Array(await answer.arrayBuffer())
    await answer.body?.cancel()
    return null
  },
})
