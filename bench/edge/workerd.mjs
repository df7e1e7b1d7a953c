import { readdir, readFile } from 'node:fs/promises'

/** The processes of workerd that another one has started. */
export async function childrenOf(parent) {
  const found = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    if (Number(fieldsOf(stat)[1]) === parent && stat.includes('(workerd)')) found.push(Number(name))
  }
  return found
}

/** User and system time of a process; ticks are 10 ms. */
export async function cpuMicros(pid) {
  const fields = fieldsOf(await readFile(`/proc/${pid}/stat`, 'utf8'))
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** From the state on: the name in front may hold blanks. */
function fieldsOf(stat) {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export function median(list) {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
