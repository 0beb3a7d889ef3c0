import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import sodium from 'libsodium-wrappers'

/** The time of a note in the journal, by the number of the provider's answer. */
export type Notes = readonly (readonly [answer: number, atNs: bigint])[]

const ANSWER = /answer-(\d+)\./

/**
 * Records when the journal file is written. The journal seals a rotation immediately before it
 * writes it, so the last value that was sealed says which answer is noted.
 */
export function hookJournal(): () => Notes {
  const notes: [number, bigint][] = []
  let lastAnswer: number | null = null
  const journals = new Set<number>()
  const { openSync, writeSync } = fs
  const { crypto_aead_xchacha20poly1305_ietf_encrypt: encrypt } = sodium
  Object.assign(sodium, {
    crypto_aead_xchacha20poly1305_ietf_encrypt: (...args: Parameters<typeof encrypt>) => {
      const [plain] = args
      lastAnswer = Number(
        ANSWER.exec(Buffer.from(plain as Uint8Array).toString())?.[1] ?? Number.NaN,
      )
      return encrypt(...args)
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
      const isNote = journals.has(args[0]) && lastAnswer !== null && !Number.isNaN(lastAnswer)
      if (isNote && lastAnswer !== null) notes.push([lastAnswer, process.hrtime.bigint()])
      lastAnswer = null
      return written
    },
  })
  syncBuiltinESMExports()
  return () => notes.splice(0)
}
