import { hash, randomBytes } from 'node:crypto'

/** `SCRIPTED_PROVIDER_SEED` replays a run whose report printed its seed. */
export function newSeed(): string {
  return process.env['SCRIPTED_PROVIDER_SEED'] ?? randomBytes(6).toString('hex')
}

/** Looks like chance, but is the same for the same seed and labels: base64url, up to 43 characters. */
export function derive(seed: string, label: string, length: number): string {
  return hash('sha256', `${seed}\n${label}`, 'base64url').slice(0, length)
}

/** In [0, 1). Labelled, not drawn in turn: what happens to one family does not depend on others. */
export function chance(seed: string, label: string): number {
  return Number.parseInt(hash('sha256', `${seed}\n${label}`, 'hex').slice(0, 12), 16) / 2 ** 48
}

/** In every secret of one seed, and nowhere else: letters and digits only, so that it survives any text. */
export function markOf(seed: string): string {
  return `canary${derive(seed, 'mark', 12).replaceAll(/[-_]/g, 'x')}`
}
