import { compareSync } from 'bcryptjs'

/** Whether the password fits a bcrypt hash. Blocks: 84 ms at cost 10. */
export const verify = (password: string, hash: string): boolean => compareSync(password, hash)
