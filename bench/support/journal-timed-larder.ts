import { answerMessages } from './child.ts'
import { recordJournalNotes } from './journal-notes.ts'
import { runProgram } from './run-program.ts'

/** Runs the program named by the first word, with a record of when it writes its journal. */
const takeNotes = await recordJournalNotes()

answerMessages(() => takeNotes())
// The channel must not keep the process alive.
process.channel?.unref()
await runProgram()
