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

/** CPU time of all threads of a process, in microseconds. */
export async function cpuMicros(pid) {
  const threads = await readdir(`/proc/${pid}/task`)
  const times = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')))
  return times.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1000
}

/** From the state on: the name in front may hold blanks. */
function fieldsOf(stat) {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export function median(list) {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
