import { readFileSync } from 'node:fs'

export type Vector = Readonly<Record<string, string>>

/** Reads blocks of `name: value` lines. The first block has the fields that all others share. */
export function readVectors(name: string): {
  readonly shared: Vector
  readonly vectors: readonly Vector[]
} {
  const file = new URL(`../vectors/${name}.txt`, import.meta.url)
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
  const blocks = lines
    .join('\n')
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== '')
    .map(parseBlock)
  const [shared, ...vectors] = blocks
  if (shared === undefined) throw new Error(`${name} has no vectors`)
  return { shared, vectors }
}

/** Returns a required field. */
export function field(vector: Vector, name: string): string {
  const value = vector[name]
  if (value === undefined) throw new Error(`a vector has no ${name}`)
  return value
}

export function bytes(vector: Vector, name: string): Uint8Array {
  return Buffer.from(field(vector, name), 'hex')
}

function parseBlock(block: string): Vector {
  const fields = block
    .trim()
    .split('\n')
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()]
    })
  return Object.fromEntries(fields) as Vector
}
