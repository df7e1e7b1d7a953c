/** Why parents can't follow a service of this kind whose health nobody watches. */
export const notEnabled = (kind: string): string => `healthCheck not enabled in config for this ${kind} service`
