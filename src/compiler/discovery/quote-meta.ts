/** An expression that takes a text as it is (Go's `regexp.QuoteMeta`). */
export const quoteMeta = (plain: string): string => plain.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
