// Requests to a proxy from a thread of its own, so that what the bench does beside it is in no figure.
import { parentPort, workerData } from 'node:worker_threads'
import { startLoad } from '../test/servers/support/load.ts'

const load = startLoad(workerData.port, workerData.host, workerData.connections)
parentPort.once('message', async () => parentPort.postMessage(await load.stop()))
