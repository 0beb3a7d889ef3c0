import type { FieldError } from '../base/errors.ts'
import type { Provider } from './provider.ts'

/**
 * Checks each parameter against the preset's pattern. Rejects an undeclared name, because it could
 * be a protocol parameter (`redirect_uri`, `state` …).
 */
export function checkParams(
  provider: Pick<Provider, 'params'>,
  given: Readonly<Record<string, string>>,
): readonly FieldError[] {
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(provider.params, name))
    .map((name) => bad(name, 'this provider has no such parameter'))
  const wrong = Object.entries(provider.params).flatMap(([name, param]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined)
      return param.required && param.default === null ? [bad(name, 'is required')] : []
    return wholly(param.pattern, value)
      ? []
      : [bad(name, 'does not match the pattern of the provider')]
  })
  return [...unknown, ...wrong]
}

function bad(name: string, detail: string): FieldError {
  return { in: 'body', name: `params.${name}`, detail }
}

function wholly(pattern: RegExp, value: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(value)
}

/** Whether two connections use the same instance of their provider. */
export function sameParams(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  return Object.keys({ ...a, ...b }).every((name) => a[name] === b[name])
}
