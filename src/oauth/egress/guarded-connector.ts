import { lookup as lookUp } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { connect, type Connector, hostOf } from '../../outgoing/connect.ts'
import { mayConnect, type Reach } from './address-guard.ts'

export type Address = { readonly address: string; readonly family: number }
/** Resolves a host name to all its addresses. */
export type AddressesOf = (hostname: string) => Promise<readonly Address[]>

/** Thrown if the guard refuses an address; nothing was sent. */
export class Blocked extends Error {
  constructor() {
    super('the address is not one that this request may reach')
    this.name = 'Blocked'
  }
}

/**
 * Opens sockets only to addresses that `reach` allows. Resolves a name once, and the socket uses
 * the checked address. Checks an IP literal directly, because an IP literal causes no look-up.
 * Checks the remote address of the socket again before any byte is written.
 */
export function guardedConnector(
  reach: Reach,
  addressesOf: AddressesOf,
  timeoutMs: number,
): Connector {
  const lookUpGuarded = guardedLookup(addressesOf)
  return async (url, signal) => {
    const isAllowed = (address: string) => mayConnect(address, url, reach)
    const host = hostOf(url)
    if (isIP(host) !== 0 && !isAllowed(host)) throw new Blocked()
    const lookup = lookUpGuarded(isAllowed)
    const socket = await connect(url, { timeoutMs, signal, lookup })
    if (isAllowed(socket.remoteAddress ?? '')) return socket
    socket.destroy()
    throw new Blocked()
  }
}

/** Makes a look-up that fails if an address is not allowed. */
function guardedLookup(
  addressesOf: AddressesOf,
): (isAllowed: (address: string) => boolean) => LookupFunction {
  const checked = callbackify(async (hostname: string, isAllowed: (address: string) => boolean) => {
    const addresses = await addressesOf(hostname)
    const [first] = addresses
    // All addresses must be allowed, because DNS rebinding can add a private address to public
    // addresses.
    if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
      throw new Blocked()
    }
    return { first, addresses: [...addresses] }
  })
  return (isAllowed) => (hostname, options, callback) =>
    checked(hostname, isAllowed, (error, result) => {
      if (error !== null) callback(error, '', 0)
      else if (options.all) callback(null, result.addresses)
      else callback(null, result.first.address, result.first.family)
    })
}

export async function systemAddresses(hostname: string): Promise<readonly Address[]> {
  return lookUp(hostname, { all: true })
}
