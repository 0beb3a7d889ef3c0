import { isRecord } from '../../core/base/json-path.ts'

/** Merges `over` into a copy of `base`. Merges objects field by field and replaces other values. */
export function merge(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const beneath = Object.hasOwn(base, key) ? base[key] : undefined
    merged[key] = isRecord(value) && isRecord(beneath) ? merge(beneath, value) : value
  }
  return merged
}
