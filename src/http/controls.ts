/** Control characters: they would end a field line, and no path that is sent may hold one. */
export const hasControls = (text: string): boolean => /[\x00-\x1f\x7f]/.test(text)
