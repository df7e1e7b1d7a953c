/** A text with the user information of its URLs masked: it may hold a password. */
export const maskUserInfo = (text: string, mask = '******'): string => text.replace(/:\/\/[^\s/"']*@/g, `://${mask}@`)
