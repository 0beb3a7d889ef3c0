import { isExactNumber } from '../../core/base/json.ts'

/**
 * Why a value cannot be stored and read back unchanged, or null if it can. `depth` limits the
 * nesting of objects and arrays.
 */
export function jsonFlaw(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return textFlaw(value)
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return null
  if (depth === 0) return 'is nested too deep'
  for (const [name, inner] of Object.entries(value)) {
    // `JSON.parse` creates a property of this name. Copying the object would set the prototype of
    // the copy or drop the property.
    if (name === '__proto__') return 'must not hold the name __proto__'
    const flaw = textFlaw(name) ?? jsonFlaw(inner, depth - 1)
    if (flaw !== null) return flaw
  }
  return null
}

function textFlaw(value: string): string | null {
  return value.isWellFormed() && !value.includes('\0')
    ? null
    : 'must be well-formed Unicode without NUL'
}
