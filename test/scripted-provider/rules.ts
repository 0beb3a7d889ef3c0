import type { FamilyId } from './ledger.ts'
import {
  type Companion,
  type Deed,
  isCompanion,
  isProcessed,
  type Misbehaviour,
} from './misbehaviour.ts'
import { deedOf, type MisbehaviourName } from './misbehaviours/table.ts'
import { chance } from './seed.ts'

export type Endpoint = 'authorize' | 'token' | 'userinfo' | 'revoke'

/** The conditions of a rule. All must be met. */
export type When = {
  /** The default is the token endpoint. */
  readonly endpoint?: Endpoint
  readonly grantType?: string
  readonly family?: FamilyId | readonly FamilyId[]
  /** A share of the requests, by seeded chance, drawn for each family separately. */
  readonly fraction?: number
  /** When the rule starts, from now. */
  readonly afterMs?: number
  /** How long the rule lasts. */
  readonly forMs?: number
  /** Maximum number of requests. */
  readonly next?: number
  /** Maximum number of requests of each family. */
  readonly nextOfEach?: number
  /** Whether the requests are processed. Each misbehaviour has its own default. */
  readonly processed?: boolean
}

/** What the rules know of a request. At `accept`, nothing was read yet. */
export type Subject = {
  readonly stage: 'accept' | 'headers' | 'request'
  readonly endpoint: Endpoint | null
  readonly grantType: string | null
  readonly family: FamilyId | null
  readonly now: number
}

export type RuleId = number

export type Script = {
  readonly companions: readonly (Companion & { readonly rule: RuleId; readonly name: string })[]
  readonly main: { readonly name: string; readonly deed: Misbehaviour } | null
  readonly processed: boolean
}

type Rule = {
  readonly id: RuleId
  readonly name: string
  readonly deed: Deed
  readonly when: When
  readonly from: number
  readonly until: number
  /** For each family, how often the rule applied and how often chance was drawn. */
  readonly met: Map<string, number>
  readonly asked: Map<string, number>
  left: number
}

const NOTHING: Script = { companions: [], main: null, processed: true }

/** The active rules. The rule that was added first has priority. */
export class Rules {
  #rules: Rule[] = []
  #added = 0
  readonly #seed: string

  constructor(seed: string) {
    this.#seed = seed
  }

  add(what: MisbehaviourName | Deed, when: When, now: number): RuleId {
    const { name, deed } = deedOf(what)
    const stage = stageOf(deed)
    const knowsFamily = when.family ?? when.nextOfEach ?? when.grantType
    if (stage !== 'request' && knowsFamily !== undefined) {
      throw new RangeError(`${name} happens before a request names its family`)
    }
    const from = now + (when.afterMs ?? 0)
    const id = ++this.#added
    const until = from + (when.forMs ?? Number.POSITIVE_INFINITY)
    const counts = { met: new Map<string, number>(), asked: new Map<string, number>() }
    this.#rules.push({
      id,
      name,
      deed,
      when,
      from,
      until,
      ...counts,
      left: when.next ?? Number.POSITIVE_INFINITY,
    })
    return id
  }

  /** Removes one rule, or all without an id. */
  remove(id?: RuleId): void {
    this.#rules = id === undefined ? [] : this.#rules.filter((rule) => rule.id !== id)
  }

  /** Returns the script for this request, and counts it for every rule that applies. */
  take(subject: Subject): Script {
    if (this.#rules.length === 0) return NOTHING
    this.#rules = this.#rules.filter(({ until, left }) => until > subject.now && left > 0)
    const companions: Script['companions'][number][] = []
    let main: (Script['main'] & { when: When }) | null = null
    for (const rule of this.#rules) {
      if (main !== null && !isCompanion(rule.deed)) continue
      if (!this.#isFor(rule, subject)) continue
      const { id, name, deed, when } = rule
      if (isCompanion(deed)) companions.push({ ...deed, rule: id, name })
      else main = { name, deed, when }
    }
    if (main === null) return { ...NOTHING, companions }
    const processed = isProcessed(main.deed, main.when.processed)
    return { companions, main: { name: main.name, deed: main.deed }, processed }
  }

  #isFor(rule: Rule, subject: Subject): boolean {
    if (!applies(rule, subject)) return false
    const whose = subject.family ?? '-'
    if (!this.#strikes(rule, whose)) return false
    const met = rule.met.get(whose) ?? 0
    if (met >= (rule.when.nextOfEach ?? Number.POSITIVE_INFINITY)) return false
    if (rule.when.nextOfEach !== undefined) rule.met.set(whose, met + 1)
    rule.left--
    return true
  }

  #strikes(rule: Rule, whose: string): boolean {
    if (rule.when.fraction === undefined) return true
    const asked = rule.asked.get(whose) ?? 0
    rule.asked.set(whose, asked + 1)
    return chance(this.#seed, `rule ${rule.id} ${whose} ${asked}`) < rule.when.fraction
  }
}

function applies({ deed, when, from }: Rule, subject: Subject): boolean {
  if (subject.now < from) return false
  if (stageOf(deed) !== subject.stage) return false
  if (subject.stage === 'accept') return true
  if ((when.endpoint ?? 'token') !== subject.endpoint) return false
  if (when.grantType !== undefined && when.grantType !== subject.grantType) return false
  if (when.family === undefined) return true
  return subject.family !== null && [when.family].flat().includes(subject.family)
}

function stageOf(deed: Deed): Subject['stage'] {
  if (deed.act !== 'cut') return 'request'
  return deed.after === 'accept' || deed.after === 'headers' ? deed.after : 'request'
}
