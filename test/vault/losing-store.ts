import { LostWriteError } from '../../src/core/base/errors.ts'
import type { Store } from '../../src/ports/store.ts'

/** A store in which another replica changes the row before each of the next `times` saves. */
export function losingStore(store: Store, times: number): Store {
  let left = times
  return {
    ...store,
    write: (work) =>
      store.write((trx) =>
        work({
          ...trx,
          saveConnection: async (before, after) => {
            if (left-- > 0) throw new LostWriteError('connection')
            await trx.saveConnection(before, after)
          },
        }),
      ),
  }
}
