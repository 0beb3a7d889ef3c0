import type { Connection } from '../../core/connection/connection.ts'
import type { Ports } from '../../ports/ports.ts'
import type { NewGrantChange } from '../refresh/record-change.ts'
import { warningsOf } from './connect-warnings.ts'
import type { ConnectWay } from '../../ports/observer.ts'

/** Logs and counts a connection after the commit. Logs a warning if its grant cannot be renewed. */
export function reportConnected(
  ports: Pick<Ports, 'observer' | 'providers'>,
  { connection, change }: Pick<NewGrantChange, 'change'> & { readonly connection: Connection },
  how: ConnectWay,
): void {
  const { id, provider } = connection
  if (change === 'created') ports.observer.connected({ id, provider, how })
  else ports.observer.reconnected({ id, provider })
  for (const warning of warningsOf(ports, connection)) {
    ports.observer.connectWarned({ id, provider, ...warning })
  }
}
