import { MemoryTokenStore } from '../../../src/engine/tokens/memory-token-store.ts'
import { tokenStoreContract } from '../../support/token-store-contract.ts'

tokenStoreContract('MemoryTokenStore', () => new MemoryTokenStore(100))
