import { hash, randomBytes } from 'node:crypto'

/** A random seed, or the one in `SCRIPTED_PROVIDER_SEED`, which repeats a run. */
export function newSeed(): string {
  return process.env['SCRIPTED_PROVIDER_SEED'] ?? randomBytes(6).toString('hex')
}

/** A pseudorandom text for this seed and label: base64url, up to 43 characters. */
export function derive(seed: string, label: string, length: number): string {
  return hash('sha256', `${seed}\n${label}`, 'base64url').slice(0, length)
}

/** A pseudorandom number in [0, 1) for this seed and label, so that families do not affect each other. */
export function chance(seed: string, label: string): number {
  return Number.parseInt(hash('sha256', `${seed}\n${label}`, 'hex').slice(0, 12), 16) / 2 ** 48
}

/** The mark in every secret of one seed. Letters and digits only, so that no encoding changes it. */
export function markOf(seed: string): string {
  return `canary${derive(seed, 'mark', 12).replaceAll(/[-_]/g, 'x')}`
}
