import { parseJson } from '../../core/base/json.ts'
import { Secret } from '../../core/base/secret.ts'
import { exposed, restored } from './stored-request.ts'
import type { JournalEntry } from '../../ports/journal.ts'

type Stored = Omit<JournalEntry, 'tokens'> & {
  readonly tokens: Omit<JournalEntry['tokens'], 'accessToken' | 'refreshToken'> & {
    readonly accessToken: string
    readonly refreshToken: string | null
  }
}

/** The JSON contains plain tokens, so the caller must seal it. */
export function writeJournalEntry(entry: JournalEntry): Secret {
  const { tokens } = entry
  const accessToken = tokens.accessToken.expose()
  const stored: Stored = {
    ...entry,
    tokens: { ...tokens, accessToken, refreshToken: exposed(tokens.refreshToken) },
  }
  return new Secret(JSON.stringify(stored))
}

export function readJournalEntry(opened: Secret): JournalEntry {
  const { tokens, ...entry } = parseJson(opened.expose()) as Stored
  const accessToken = new Secret(tokens.accessToken)
  return {
    ...entry,
    tokens: { ...tokens, accessToken, refreshToken: restored(tokens.refreshToken) },
  }
}
