import { VaultError } from '../../core/base/errors.ts'

/** A cursor is the id of a page's last item. The item may have been deleted since. */
export function parseCursor<Id>(cursor: string | null, parse: (text: string) => Id): Id | null {
  if (cursor === null) return null
  try {
    return parse(cursor)
  } catch {
    throw new VaultError('invalid_request', 'the cursor is not one of ours', {
      errors: [
        { in: 'query', name: 'cursor', detail: 'must be a nextCursor of an earlier answer' },
      ],
    })
  }
}
