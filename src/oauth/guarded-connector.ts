import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { buildConnector } from 'undici'
import { mayReach, type Reach } from './address-guard.ts'

export type Address = { readonly address: string; readonly family: number }
/** Every address of a name. */
export type AddressesOf = (hostname: string) => Promise<readonly Address[]>

/** The guard said no: nothing was sent. */
export class Blocked extends Error {
  constructor() {
    super('the address is not one that this request may reach')
    this.name = 'Blocked'
  }
}

/**
 * Opens sockets, but only to addresses that `reach` allows. A name is resolved once and the socket
 * goes to what was checked; an IP literal never gets to a look-up and is checked here; and where the
 * socket really ended is checked before a byte of the request is written.
 */
export function guardedConnector(
  reach: Reach,
  addressesOf: AddressesOf,
  timeoutMs: number,
): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    // Sessions are not resumed: a certificate that was replaced must be seen.
    maxCachedSessions: 0,
    timeout: timeoutMs,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    lookup: guardedLookup(reach, addressesOf),
  })
  return (target, callback) => {
    if (isIP(target.hostname) !== 0 && !mayReach(target.hostname, reach)) {
      process.nextTick(callback, new Blocked(), null)
      return
    }
    connect(target, (...outcome) => {
      const [error, socket] = outcome
      if (error !== null || mayReach(socket.remoteAddress ?? '', reach)) return callback(...outcome)
      socket.destroy()
      callback(new Blocked(), null)
    })
  }
}

function guardedLookup(reach: Reach, addressesOf: AddressesOf): LookupFunction {
  const checked = callbackify(async (hostname: string) => {
    const addresses = await addressesOf(hostname)
    const [first] = addresses
    // One bad address among good ones is how a name is rebound: all or none.
    if (first === undefined || !addresses.every(({ address }) => mayReach(address, reach))) {
      throw new Blocked()
    }
    return { first, addresses: [...addresses] }
  })
  return (hostname, options, callback) =>
    checked(hostname, (error, result) => {
      if (error !== null) callback(error, '', 0)
      else if (options.all) callback(null, result.addresses)
      else callback(null, result.first.address, result.first.family)
    })
}

export async function systemAddresses(hostname: string): Promise<readonly Address[]> {
  return lookup(hostname, { all: true })
}
