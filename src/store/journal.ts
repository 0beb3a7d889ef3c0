import { closeSync, existsSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SealError } from '../core/base/errors.ts'
import type { Place, Sealer } from '../ports/ports.ts'
import { readJournalEntry, writeJournalEntry } from './rows/journal-entry.ts'
import type { Journal, JournalEntry } from '../ports/journal.ts'

/** The file is created after the vault and never removed. */
export const JOURNAL_FILE = 'larder.journal'

const SLOTS = 64
const SLOT_BYTES = 64 * 1024
const HEADER_BYTES = 8
const MAGIC = 0x4c44524a // LDRJ

type Taken = { readonly entry: JournalEntry; readonly bytes: number }

/**
 * A file beside the database. Its 64 slots hold rotations that are not in the database yet. The
 * first start reserves the disk space, so that later writes need no free space. If a crash
 * interrupts a write, the slot does not open and is treated as empty.
 */
export class FileJournal implements Journal, Disposable {
  readonly #sealer: Sealer
  readonly #file: number
  readonly #taken = new Map<number, Taken>()
  #isClosed = false

  constructor(dataDir: string, sealer: Sealer) {
    this.#sealer = sealer
    this.#file = openWithRoom(join(dataDir, JOURNAL_FILE))
    for (let slot = 0; slot < SLOTS; slot++) {
      const taken = this.#read(slot)
      if (taken !== null) this.#taken.set(slot, taken)
    }
    // The previous process may have written these entries without fsync. Sync them before Larder
    // returns their tokens.
    if (this.#taken.size > 0) fsyncSync(this.#file)
  }

  get entries(): readonly JournalEntry[] {
    return Array.from(this.#taken.values(), ({ entry }) => entry)
  }

  note(entry: JournalEntry): boolean {
    const slot = this.#slotOf(entry) ?? this.#freeSlot()
    if (this.#taken.has(slot)) return true
    const blob = this.#sealer.seal(writeJournalEntry(entry), placeOf(slot))
    if (slot >= SLOTS || blob.length > SLOT_BYTES - HEADER_BYTES) return false
    const record = Buffer.alloc(HEADER_BYTES + blob.length)
    record.writeUInt32BE(MAGIC, 0)
    record.writeUInt32BE(blob.length, 4)
    record.set(blob, HEADER_BYTES)
    if (!this.#write(record, slot)) return false
    this.#taken.set(slot, { entry, bytes: record.length })
    return true
  }

  keep(entry: JournalEntry): boolean {
    return this.note(entry) && this.#sync()
  }

  drop(entry: Pick<JournalEntry, 'attempt'>): void {
    const slot = this.#slotOf(entry)
    if (slot === undefined) return
    // If this write fails, the next start skips the entry, because its generation is too old.
    this.#write(Buffer.alloc(this.#taken.get(slot)?.bytes ?? SLOT_BYTES), slot)
    this.#taken.delete(slot)
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    closeSync(this.#file)
  }

  #slotOf({ attempt }: Pick<JournalEntry, 'attempt'>): number | undefined {
    for (const [slot, { entry }] of this.#taken) if (entry.attempt === attempt) return slot
    return undefined
  }

  /** Returns false if the write fails. */
  #write(record: Uint8Array, slot: number): boolean {
    // After close, the file descriptor may refer to another file.
    if (this.#isClosed) return false
    try {
      writeSync(this.#file, record, 0, record.length, slot * SLOT_BYTES)
      return true
    } catch {
      return false
    }
  }

  #sync(): boolean {
    if (this.#isClosed) return false
    try {
      fsyncSync(this.#file)
      return true
    } catch {
      return false
    }
  }

  #freeSlot(): number {
    let slot = 0
    while (this.#taken.has(slot)) slot++
    return slot
  }

  #read(slot: number): Taken | null {
    const record = Buffer.alloc(SLOT_BYTES)
    readSync(this.#file, record, 0, SLOT_BYTES, slot * SLOT_BYTES)
    if (record.readUInt32BE(0) !== MAGIC) return null
    const blob = record.subarray(HEADER_BYTES, HEADER_BYTES + record.readUInt32BE(4))
    try {
      const entry = readJournalEntry(this.#sealer.open(blob, placeOf(slot)))
      return { entry, bytes: HEADER_BYTES + blob.length }
    } catch (error) {
      if (error instanceof SealError) return null
      throw error
    }
  }
}

/** Writes zeros to reserve the space, because a sparse file occupies no disk blocks. */
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
