import type { Circuit } from '../../core/refresh/circuit.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { CircuitTable } from '../schema.ts'
import { readCount, readInstant, readText, writeInstantOrNull } from './column.ts'
import type { CircuitReason } from '../../core/refresh/refresh-outcome.ts'

const REASONS: Readonly<Record<CircuitReason, true>> = {
  unavailable: true,
  misconfigured: true,
  throttled: true,
}

export function readCircuit(row: CircuitTable): Circuit {
  return {
    provider: readText(row.provider) as ProviderId,
    client: readText(row.client),
    failures: readCount(row.failures),
    open: readOpen(row),
  }
}

export function circuitRow({ provider, client, failures, open }: Circuit): CircuitTable {
  return {
    provider,
    client,
    failures,
    open_reason: open?.reason ?? null,
    open_since: writeInstantOrNull(open?.since ?? null),
    open_until: writeInstantOrNull(open?.until ?? null),
  }
}

function readOpen(row: CircuitTable): Circuit['open'] {
  const reason = readText(row.open_reason)
  const since = readInstant(row.open_since)
  const until = readInstant(row.open_until)
  if (!Object.hasOwn(REASONS, reason) || since === null || until === null) return null
  return { reason: reason as CircuitReason, since, until }
}
