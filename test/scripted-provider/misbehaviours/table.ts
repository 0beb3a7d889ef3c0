import type { Deed } from '../misbehaviour.ts'
import { BODIES } from './bodies.ts'
import { ECHOES, ERRORS } from './errors.ts'
import { FIELDS } from './fields.ts'
import { STATUSES } from './statuses.ts'
import { WIRE } from './wire.ts'

/** All named misbehaviours. Others can be written as a `Deed`. */
export const MISBEHAVIOURS = { ...STATUSES, ...BODIES, ...ERRORS, ...FIELDS, ...ECHOES, ...WIRE }

export type MisbehaviourName = keyof typeof MISBEHAVIOURS

export const MISBEHAVIOUR_NAMES = Object.keys(MISBEHAVIOURS) as readonly MisbehaviourName[]

export function deedOf(what: MisbehaviourName | Deed): { name: string; deed: Deed } {
  return typeof what === 'string'
    ? { name: what, deed: MISBEHAVIOURS[what] }
    : { name: what.act, deed: what }
}
