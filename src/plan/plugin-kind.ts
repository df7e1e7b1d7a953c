/** The kind of middlewares of a plugin, by the name under which it is declared. */
export const pluginKind = (name: string): string => `plugin:${name}`

export const isPluginKind = (kind: string): boolean => kind.startsWith('plugin:')
