import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { DashboardFiles } from '../../../src/api/dashboard.ts'

/** From the bundle, from one of its chunks, from the sources. */
const PLACES = ['./dashboard/', '../dashboard/', '../../../dist/dashboard/']

const SUFFIXES = { br: '.br', gzip: '.gz' } as const

/** The dashboard beside the running program. */
export function dashboardFiles(): DashboardFiles {
  const places = PLACES.map((place) => new URL(place, import.meta.url))
  const folder = places.find((place) => existsSync(new URL('index.html', place))) ?? null
  return {
    encodings: ['br', 'gzip'],
    missing: 'the dashboard has not been built: `npm run build` makes it',
    read: (name, encoding) =>
      folder === null
        ? Promise.resolve(null)
        : readIfThere(new URL(`${name}${encoding === null ? '' : SUFFIXES[encoding]}`, folder)),
  }
}

async function readIfThere(file: URL): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await readFile(fileURLToPath(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
