import { statSync } from 'node:fs'
import { StoreError } from '../../core/base/errors.ts'
import type { FileCheck, FileCheckResult } from '../../ports/file-check.ts'
import type { Clock } from '../../ports/ports.ts'
import { recordPassed, recordSuspect, removeCheckRecord } from './check-record.ts'
import { examineFile, type Finding } from './examine-file.ts'
import { runCheckFile } from './run-check-file.ts'

/** A check of a file of this size takes about 20 ms: five thousand connections. */
const SMALL_BYTES = 8 * 2 ** 20

/** Small files are checked at each start, before the first write. */
export function isSmallFile(path: string): boolean {
  return statSync(path).size <= SMALL_BYTES
}

export const NOT_CHECKED: FileCheck = { result: null, endedAt: null }

/** Checks the file of an open vault, and stops all writes if the file is damaged. */
export class FileChecker {
  readonly #path: string
  readonly #clock: Pick<Clock, 'now'>
  #last: FileCheck
  #refusal: StoreError | null = null
  #isSuspect = false

  /** `last`: the check at this start, or the last check of an earlier process. */
  constructor(of: {
    readonly path: string
    readonly clock: Pick<Clock, 'now'>
    readonly last: FileCheck
  }) {
    this.#path = of.path
    this.#clock = of.clock
    this.#last = of.last
  }

  get last(): FileCheck {
    return this.#last
  }

  /** Throws if a check found damage, and while indexes are rebuilt. */
  assertWritable(): void {
    if (this.#refusal !== null) throw this.#refusal
  }

  /** Returns null if `ending` aborted the check. */
  async check(ending: AbortSignal): Promise<FileCheckResult | null> {
    const result = await this.#find(ending).catch(() => 'failed' as const)
    if (ending.aborted) return null
    if (result === 'damaged') this.#refuse('corrupt')
    this.#last = { result, endedAt: this.#clock.now() }
    return result
  }

  /** The next start checks the whole file before it writes. */
  suspect(): void {
    this.#isSuspect = true
    recordSuspect(this.#path)
  }

  /** Call after the database is closed. */
  leaveRecord(): void {
    const { result, endedAt } = this.#last
    const hasPassed = result === 'passed' || result === 'indexes_rebuilt'
    if (this.#isSuspect) recordSuspect(this.#path)
    else if (hasPassed && endedAt !== null) recordPassed(this.#path, endedAt)
    else removeCheckRecord(this.#path)
  }

  async #find(ending: AbortSignal): Promise<FileCheckResult> {
    const finding = await this.#examine(ending)
    if (finding === 'whole') return 'passed'
    // If the process ends during the rebuild, the next start rebuilds the indexes.
    this.suspect()
    return finding === 'indexes' ? this.#rebuild(ending) : 'damaged'
  }

  async #examine(ending: AbortSignal): Promise<Finding> {
    return isSmallFile(this.#path)
      ? examineFile(this.#path)
      : runCheckFile('check', this.#path, ending)
  }

  /** An index that cannot be rebuilt may hide rows, so that is damage, too. */
  async #rebuild(ending: AbortSignal): Promise<FileCheckResult> {
    this.#refuse('locked')
    const finding = await runCheckFile('rebuild', this.#path, ending).catch(
      () => 'damaged' as const,
    )
    if (finding !== 'whole') return 'damaged'
    this.#refusal = null
    this.#isSuspect = false
    removeCheckRecord(this.#path)
    return 'indexes_rebuilt'
  }

  #refuse(reason: 'corrupt' | 'locked'): void {
    this.#refusal = new StoreError(reason, new Error('a check of the file'))
  }
}
