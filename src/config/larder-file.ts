import { existsSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { isRecord } from '../core/base/json-path.ts'
import type { Findings } from './findings.ts'
import { refreshSchema } from './refresh-settings.ts'
import { readSecretText } from './keys/secret-file.ts'
import { webhooksSchema } from './webhooks.ts'

const texts = z.array(z.string({ error: 'must be text' }), { error: 'must be a list' })

const links = z.strictObject(
  { confirm: z.enum(['page', 'app'], { error: 'must be page or app' }).default('page') },
  { error: 'must be a map' },
)

const providers = z.record(
  z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/),
  z.record(z.string(), z.unknown(), { error: 'must be a map' }).nullable(),
  { error: 'must be a map' },
)

/** Null counts as absent, because a section whose lines are all commented out is null. */
const larderFileSchema = z.strictObject(
  {
    redirectUrls: texts.nullish(),
    links: links.nullish(),
    providers: providers.nullish(),
    refresh: refreshSchema.nullish(),
    webhooks: webhooksSchema.nullish(),
  },
  { error: 'must be a map' },
)

export type LarderFile = z.output<typeof larderFileSchema> & {
  /** Whether others can read the file. That is a problem only if the file contains a secret. */
  readonly isOpenToOthers: boolean
  /** All ids under `providers`, even those with malformed settings. */
  readonly providerIds: readonly string[]
}

const NO_FILE: LarderFile = { isOpenToOthers: false, providerIds: [] }

/** Reads larder.yaml. Returns an empty file and records problems if larder.yaml cannot be read. */
export function readLarderFile(path: string, isExpected: boolean, findings: Findings): LarderFile {
  if (!isExpected && !existsSync(path)) return NO_FILE
  const file = readSecretText(path, 'larder.yaml', findings)
  const content = file === null ? null : parseYaml(file.text, findings)
  if (file === null || content === null) return NO_FILE
  const value = content.value ?? {}
  const about = { isOpenToOthers: file.isOpenToOthers, providerIds: providerIdsIn(value) }
  const parsed = larderFileSchema.safeParse(value)
  if (parsed.success) return { ...parsed.data, ...about }
  for (const issue of parsed.error.issues) noteIssue(issue, findings)
  const rest = larderFileSchema.safeParse(without(parsed.error.issues, value))
  return rest.success ? { ...rest.data, ...about } : { ...NO_FILE, ...about }
}

/**
 * Removes the malformed sections, so that one start also reports problems inside the other
 * sections.
 */
function without(issues: readonly z.core.$ZodIssue[], value: unknown): unknown {
  if (!isRecord(value)) return {}
  const rest = { ...value }
  for (const issue of issues) {
    const [section, entry] = issue.path.map(String)
    if (section === undefined && issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) delete rest[key]
    } else if (section === 'providers' && entry !== undefined && isRecord(rest[section])) {
      const { [entry]: _bad, ...good } = rest[section]
      rest[section] = good
    } else if (section !== undefined) delete rest[section]
  }
  return rest
}

function providerIdsIn(value: unknown): readonly string[] {
  return isRecord(value) && isRecord(value['providers']) ? Object.keys(value['providers']) : []
}

/**
 * Records only the position of a syntax error: the parser's messages quote the file, which may
 * contain secrets.
 */
function parseYaml(text: string, findings: Findings): { readonly value: unknown } | null {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true })
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    const { line, col } = lineCounter.linePos(pos[0])
    findings.problem('larder.yaml', `line ${line}, column ${col}: not valid YAML (${code})`)
  }
  if (document.errors.length > 0) return null
  try {
    return { value: document.toJS() }
  } catch {
    findings.problem('larder.yaml', 'an alias in it cannot be resolved')
    return null
  }
}

function noteIssue(issue: z.core.$ZodIssue, findings: Findings): void {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) findings.problem([...path, key].join('.'), 'no such setting')
    return
  }
  if (issue.code === 'invalid_key') {
    findings.problem(path.join('.'), 'a provider id is lower case letters, digits and hyphens')
    return
  }
  findings.problem(path.length === 0 ? 'larder.yaml' : path.join('.'), issue.message)
}
