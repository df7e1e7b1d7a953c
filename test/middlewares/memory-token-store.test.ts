import { MemoryTokenStore } from '../../src/middlewares/memory-token-store.ts'
import { tokenStoreContract } from '../support/token-store-contract.ts'

tokenStoreContract('MemoryTokenStore', () => new MemoryTokenStore(100))
