import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import sodium from 'libsodium-wrappers'

/** When the journal noted an answer of the token server, by the clock of `process.hrtime`. */
export type Note = { readonly answer: number; readonly atNs: bigint }

const ANSWER = /answer-(\d+)\./

/**
 * Records each note in the journal file until the result is called. The journal seals a rotation
 * immediately before it writes it, so the value that was sealed last says which answer is noted.
 * Call before Larder is imported.
 */
export async function recordJournalNotes(): Promise<() => readonly Note[]> {
  // libsodium sets its functions when it is ready.
  await sodium.ready
  const notes: Note[] = []
  const journals = new Set<number>()
  let sealed: unknown = null
  const { openSync, writeSync } = fs
  const { crypto_aead_xchacha20poly1305_ietf_encrypt: encrypt } = sodium
  Object.assign(sodium, {
    crypto_aead_xchacha20poly1305_ietf_encrypt: (...args: Parameters<typeof encrypt>) => {
      const ciphertext = encrypt(...args)
      // The caller wipes its buffer afterwards.
      sealed = Buffer.from(args[0]).toString()
      return ciphertext
    },
  })
  Object.assign(fs, {
    openSync: (...args: Parameters<typeof openSync>) => {
      const file = openSync(...args)
      if (String(args[0]).endsWith('larder.journal')) journals.add(file)
      return file
    },
    writeSync: (...args: Parameters<typeof writeSync>) => {
      const written = writeSync(...args)
      if (journals.has(args[0])) {
        const atNs = process.hrtime.bigint()
        const answer = ANSWER.exec(String(sealed))?.[1]
        if (answer !== undefined) notes.push({ answer: Number(answer), atNs })
        sealed = null
      }
      return written
    },
  })
  syncBuiltinESMExports()
  return () => notes.splice(0)
}
