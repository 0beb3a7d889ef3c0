import type { Connection } from '../../core/connection/connection.ts'
import type { ConnectWay, Ports } from '../../ports/ports.ts'
import type { WrittenGrant } from './write-grant.ts'
import { warningsOf } from './connect-warnings.ts'

/** For people and counters, once the transaction is through; with what will not last about it. */
export function reportConnected(
  ports: Pick<Ports, 'observer' | 'providers'>,
  {
    connection,
    change,
  }: { readonly connection: Connection; readonly change: WrittenGrant['change'] },
  how: ConnectWay,
): void {
  const { id, provider } = connection
  if (change === 'created') ports.observer.connected({ id, provider, how })
  else ports.observer.reconnected({ id, provider })
  for (const warning of warningsOf(ports, connection)) {
    ports.observer.connectWarned({ id, provider, ...warning })
  }
}
