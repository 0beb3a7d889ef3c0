import type { ConnectionId, ProviderId } from '../../src/core/base/ids.ts'
import { openEvents } from '../../src/observe/events.ts'

export const google = 'google' as ProviderId
export const id = 'con_01' as ConnectionId

export function listening(level: 'trace' | 'warn' = 'trace') {
  const lines: string[] = []
  const events = openEvents({ level, sink: { write: (line) => void lines.push(line) } })
  return { events, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as unknown }
}
