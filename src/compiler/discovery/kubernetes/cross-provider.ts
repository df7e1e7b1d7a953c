/** Option of providers: who may refer to what other providers define. */
export interface CrossProviderOptions {
  /** Absent: objects of every namespace. */
  readonly crossProviderNamespaces?: readonly string[] | undefined
}

/** Whether objects of a namespace may name elements of other providers: `auth@file`. */
export const mayCrossProviders = (
  { crossProviderNamespaces: allowed }: CrossProviderOptions,
  namespace: string,
): boolean => allowed === undefined || allowed.includes(namespace)

/** Tells how such references are permitted. */
export const CROSS_PROVIDER = 'the provider’s option crossProviderNamespaces lists the namespaces that may'
