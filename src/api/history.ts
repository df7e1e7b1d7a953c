import type { Change, Revision } from '../runtime/history.ts'
import type { View } from './views.ts'

/** As in `/api/history` (ours). */
export const revisionView = ({ at, changes, changesLeftOut, ...counts }: Revision): View => ({
  revision: counts.revision,
  at: at.toISOString(),
  providers: counts.providers,
  added: counts.added,
  changed: counts.changed,
  removed: counts.removed,
  changes: changes.map(changeView),
  changesLeftOut,
})

const changeView = ({ kind, name, before, after }: Change): View => ({
  kind,
  name,
  change: before === null ? 'added' : after === null ? 'removed' : 'changed',
  before: before?.shown ?? null,
  after: after?.shown ?? null,
})
