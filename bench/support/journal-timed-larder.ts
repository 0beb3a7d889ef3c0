import { answerMessages } from './child.ts'
import { recordJournalNotes } from './journal-notes.ts'

/** Larder's main program, with a record of when it writes its journal. */
const takeNotes = await recordJournalNotes()

answerMessages(() => takeNotes())
// The channel must not keep the process alive.
process.channel?.unref()
await import('../../src/main.ts')
