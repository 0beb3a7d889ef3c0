import { closeSync, existsSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SealError } from '../core/errors.ts'
import type { Journal, JournalEntry, Place, Sealer } from '../ports.ts'
import { readJournalEntry, writeJournalEntry } from './rows/journal-entry.ts'

const SLOTS = 64
const SLOT_BYTES = 64 * 1024
const HEADER_BYTES = 8
const MAGIC = 0x4c44524a // LDRJ

/**
 * A file beside the database whose room was taken at the first start, so that writing into it needs
 * none: 64 slots for rotations that the database could not take. Each write is on stable storage when
 * it returns. A slot that was torn by a crash does not open and counts as never written.
 */
export class FileJournal implements Journal, Disposable {
  readonly #sealer: Sealer
  readonly #file: number
  readonly #taken = new Map<number, JournalEntry>()

  constructor(dataDir: string, sealer: Sealer) {
    this.#sealer = sealer
    this.#file = openWithRoom(join(dataDir, 'larder.journal'))
    for (let slot = 0; slot < SLOTS; slot++) {
      const entry = this.#read(slot)
      if (entry !== null) this.#taken.set(slot, entry)
    }
  }

  get entries(): readonly JournalEntry[] {
    return [...this.#taken.values()]
  }

  keep(entry: JournalEntry): boolean {
    const slot = this.#freeSlot()
    const blob = this.#sealer.seal(writeJournalEntry(entry), placeOf(slot))
    if (slot >= SLOTS || blob.length > SLOT_BYTES - HEADER_BYTES) return false
    const record = Buffer.alloc(HEADER_BYTES + blob.length)
    record.writeUInt32BE(MAGIC, 0)
    record.writeUInt32BE(blob.length, 4)
    record.set(blob, HEADER_BYTES)
    try {
      writeSync(this.#file, record, 0, record.length, slot * SLOT_BYTES)
      fsyncSync(this.#file)
    } catch {
      // A disk that takes nothing at all: the rotation stays in memory, as before.
      return false
    }
    this.#taken.set(slot, entry)
    return true
  }

  drop(entry: Pick<JournalEntry, 'attempt'>): void {
    for (const [slot, taken] of this.#taken) {
      if (taken.attempt !== entry.attempt) continue
      writeSync(this.#file, Buffer.alloc(SLOT_BYTES), 0, SLOT_BYTES, slot * SLOT_BYTES)
      fsyncSync(this.#file)
      this.#taken.delete(slot)
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  #freeSlot(): number {
    let slot = 0
    while (this.#taken.has(slot)) slot++
    return slot
  }

  #read(slot: number): JournalEntry | null {
    const record = Buffer.alloc(SLOT_BYTES)
    readSync(this.#file, record, 0, SLOT_BYTES, slot * SLOT_BYTES)
    if (record.readUInt32BE(0) !== MAGIC) return null
    const blob = record.subarray(HEADER_BYTES, HEADER_BYTES + record.readUInt32BE(4))
    try {
      return readJournalEntry(this.#sealer.open(blob, placeOf(slot)))
    } catch (error) {
      if (error instanceof SealError) return null
      throw error
    }
  }
}

/** Taken by writing it: a file with holes has no room of its own. */
function openWithRoom(path: string): number {
  const file = openSync(path, existsSync(path) ? 'r+' : 'wx+', 0o600)
  const { size } = statSync(path)
  for (let at = size; at < SLOTS * SLOT_BYTES; at += SLOT_BYTES) {
    writeSync(file, Buffer.alloc(SLOT_BYTES), 0, SLOT_BYTES, at)
  }
  if (size < SLOTS * SLOT_BYTES) fsyncSync(file)
  return file
}

function placeOf(slot: number): Place {
  return { table: 'journal', row: String(slot), field: 'rotation', generation: 0 }
}
