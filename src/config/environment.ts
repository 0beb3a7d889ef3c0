import { resolve } from 'node:path'
import { Secret } from '../core/base/secret.ts'
import type { Findings } from './findings.ts'
import { LINE_ENDS, readSecretFile } from './keys/secret-file.ts'
import {
  isInjectedByKubernetes,
  type PlainSetting,
  providerSettings,
  type SecretSetting,
  SETTINGS,
} from './settings.ts'

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>

/**
 * Returns why a value is wrong, or null if it is valid. The reason never contains the value.
 */
export type Rule = (raw: string) => string | null

/** Reads `LARDER_` variables and records problems in `findings`. */
export class Environment {
  readonly #variables: EnvironmentVariables
  readonly #findings: Findings
  readonly #cwd: string

  constructor(variables: EnvironmentVariables, findings: Findings, cwd: string) {
    this.#variables = variables
    this.#findings = findings
    this.#cwd = cwd
  }

  text(name: PlainSetting, rule: Rule = () => null): string | null {
    const raw = this.#value(name)
    if (raw === undefined) return null
    return this.#checked(raw, name, raw === '' ? () => 'must not be empty' : rule)
  }

  /** Returns the parsed value. Returns null and records a problem if `parse` returns null. */
  parsed<T>(name: PlainSetting, parse: (raw: string) => T | null, demand: string): T | null {
    const raw = this.text(name)
    if (raw === null) return null
    const value = parse(raw)
    if (value === null) this.#findings.problem(name, demand)
    return value
  }

  list(name: PlainSetting, rule: Rule): readonly string[] | null {
    const raw = this.text(name)
    if (raw === null) return null
    const items = raw.split(',').map((item) => item.trim())
    const detail = items.map((item) => (item === '' ? 'must not hold an empty item' : rule(item)))
    const problem = detail.find((sentence) => sentence !== null)
    if (problem !== undefined) this.#findings.problem(name, problem)
    return problem === undefined ? items : null
  }

  path(name: PlainSetting): string | null {
    const raw = this.text(name)
    return raw === null ? null : resolve(this.#cwd, raw)
  }

  isGiven(name: PlainSetting | SecretSetting): boolean {
    return this.#variables[name] !== undefined || this.#variables[`${name}_FILE`] !== undefined
  }

  /** Reads the secret from the variable, or from the file whose path is in `<name>_FILE`. */
  secret(name: SecretSetting, rule: Rule = () => null): Secret | null {
    const fileName = `${name}_FILE`
    const raw = this.#value(name)
    const path = this.#value(fileName)
    if (raw !== undefined && path !== undefined) {
      this.#findings.problem(name, `given twice: keep it or ${fileName}`)
      return null
    }
    if (raw === '') this.#findings.problem(name, 'must not be empty')
    if (path === '') this.#findings.problem(fileName, 'must not be empty')
    if (raw) return wrap(this.#checked(raw, name, rule))
    if (!path) return null
    const text = readSecretFile(resolve(this.#cwd, path), fileName, this.#findings)
    return text === null ? null : wrap(this.#checked(text, fileName, rule))
  }

  /** Records a problem for every unknown name, because a misspelt setting would have no effect. */
  refuseUnknown(providerIds: Iterable<string>): void {
    const known = new Set<string>()
    for (const [name, sort] of Object.entries(SETTINGS)) {
      known.add(name)
      if (sort === 'secret') known.add(`${name}_FILE`)
    }
    for (const id of providerIds) {
      const { clientId, clientSecret } = providerSettings(id)
      known.add(clientId).add(clientSecret).add(`${clientSecret}_FILE`)
    }
    for (const name of Object.keys(this.#variables).toSorted()) {
      if (!name.startsWith('LARDER_') || known.has(name)) continue
      if (isInjectedByKubernetes(name, this.#variables[name] ?? '')) continue
      this.#findings.problem(name, 'no such setting')
    }
  }

  /** Removes a final line feed, which a Kubernetes secret may contain by accident. */
  #value(name: string): string | undefined {
    return this.#variables[name]?.replace(LINE_ENDS, '')
  }

  #checked(raw: string, name: string, rule: Rule): string | null {
    const problem = rule(raw)
    if (problem !== null) this.#findings.problem(name, problem)
    return problem === null ? raw : null
  }
}

function wrap(raw: string | null): Secret | null {
  return raw === null ? null : new Secret(raw)
}
