import { allOptions, textFor } from './options.mjs'

const NAMES = ['s', 'one', 'Two', 'm-3', 'a.b']

/** Options that labels may say, by name. */
export const labelOptions = allOptions.filter(
  ({ name }) => !/^tls\.(options|certificates)/.test(name) && !/models\./.test(name),
)

/** In the spelling of labels. */
export function labelOf(random, { name }, root = 'traefik') {
  let label = name
    .replaceAll('<name>', () => random.pick(NAMES.slice(0, random.chance(0.1) ? 5 : 3)))
    .replace('loadBalancer.servers[n]', 'loadBalancer.server')
    .replaceAll('[n]', () => `[${random.below(2)}]`)
  if (/^tls\.stores\.[^.]+/.test(label) && random.chance(0.9))
    label = label.replace(/^tls\.stores\.[^.]+/, 'tls.stores.default')
  if (random.chance(0.3)) label = label.toLowerCase()
  return `${root}.${label}`
}

/**
 * Labels of one item: a router, a service, some options. Every option comes up in turn, so that a run of enough worlds
 * has had them all.
 */
export function itemLabels(random, turn, used) {
  const labels = {}
  const put = (option) => {
    used.add(option.name)
    labels[labelOf(random, option)] = textFor(random, option)
  }
  put(labelOptions[turn % labelOptions.length])
  for (let extra = random.below(4); extra > 0; extra--) put(random.pick(labelOptions))
  if (random.chance(0.5)) labels[`traefik.http.routers.${random.pick(NAMES)}.rule`] = 'Host(`w.test`)'
  if (random.chance(0.4))
    labels[`traefik.http.services.${random.pick(NAMES)}.loadbalancer.server.port`] = random.pick(['80', '81'])
  if (random.chance(0.1)) labels['traefik.enable'] = random.pick(['true', 'false', 'maybe', '1'])
  if (random.chance(0.05)) labels['traefik.tcp.routers.t.rule'] = 'HostSNI(`*`)'
  if (random.chance(0.05)) labels['traefik.udp.services.u.loadbalancer.server.port'] = '53'
  if (random.chance(0.03))
    labels[
      random.pick([
        'traefik.http.routers..rule',
        'traefik.http.router.a.rule',
        'Traefik.http.routers.a.rule',
        'traefik.http.routers.a.[x]',
      ])
    ] = 'x'
  return labels
}
