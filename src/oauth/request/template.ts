export type Variables = Readonly<Record<string, string>>

const VARIABLE = /\{([\w-]+)\}/g
/** Characters that could end the host or start another part of the URL. */
const BREAKS_OUT = /[\s\\@?#]/

export function variablesOf(template: string): readonly string[] {
  return [...template.matchAll(VARIABLE)].map(([, name]) => name ?? '')
}

/** Fills the template. Null if a variable has no value. */
export function fillText(template: string, variables: Variables): string | null {
  if (!variablesOf(template).every((name) => Object.hasOwn(variables, name))) return null
  return template.replace(VARIABLE, (_all, name: string) => variables[name] ?? '')
}

/**
 * Fills a URL template. Null if a variable has no value or could change the host or another part of
 * the URL.
 */
export function fillUrl(template: string, variables: Variables): URL | null {
  const used = variablesOf(template).map((name) => variables[name])
  if (used.some((value) => value !== undefined && BREAKS_OUT.test(value))) return null
  const filled = fillText(template, variables)
  return filled === null ? null : URL.parse(filled)
}

/** Fills static parameters or headers. Omits those without a value. */
export function fillAll(
  templates: Readonly<Record<string, string | null>>,
  variables: Variables,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).flatMap(([name, template]) => {
      const filled = template === null ? null : fillText(template, variables)
      return filled === null ? [] : [[name, filled]]
    }),
  )
}
