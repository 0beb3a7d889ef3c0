import type { Template } from './dialect.ts'

export type Values = Readonly<Record<string, unknown>>

/** Fills in placeholders. A placeholder that is the whole text keeps its type; undefined members are left out. */
export function fill(template: Template | undefined, values: Values): unknown {
  if (typeof template === 'string') return fillText(template, values)
  if (Array.isArray(template)) return template.map((item: Template) => fill(item, values))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(
    Object.entries(template)
      .map(([name, value]) => [name, fill(value, values)] as const)
      .filter(([, value]) => value !== undefined),
  )
}

function fillText(template: string, values: Values): unknown {
  const alone = /^\{(\w+)\}$/.exec(template)?.[1]
  if (alone !== undefined && Object.hasOwn(values, alone)) return values[alone]
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  )
}
