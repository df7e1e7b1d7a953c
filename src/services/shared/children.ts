import { type BuildScope, ConfigError, type Service } from '../../contracts/kinds.ts'

/**
 * Makes sure that a parent's health can follow a child's.
 * @param id the child's name as written
 */
export function requireChecked(child: Service, id: string, scope: BuildScope): void {
  const { name, unchecked } = child
  if (unchecked === null) return
  throw new ConfigError(
    isInternal(name)
      ? `child service ${id} of ${scope.name} ${unchecked}`
      : `cannot register ${id} as updater for ${scope.name}: ${unchecked}`,
  )
}

/** Services of the management plane have no health to follow. */
export const isInternal = (name: string): boolean => name.endsWith('@internal')
