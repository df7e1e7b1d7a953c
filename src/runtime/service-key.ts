/** What a service is called here: services of different protocols may have one name. */
export const serviceKey = (protocol: 'http' | 'tcp' | 'udp', name: string): string =>
  protocol === 'http' ? name : `${protocol} ${name}`
