import ipaddr from 'ipaddr.js'

/**
 * The addresses that a request may reach. `public`: the internet. `loopback`: only a loopback
 * address from the settings. `private`: also the private network, if the operator allows it for the
 * provider. `plain`: like `private`, and also http, except to the internet.
 */
export type Reach = 'public' | 'loopback' | 'private' | 'plain'

const PRIVATE_RANGES = ['private', 'uniqueLocal', 'loopback', 'carrierGradeNat']
/** Cloud metadata services outside the link-local ranges. */
const METADATA = ['100.100.100.200', '192.0.0.192', 'fd00:ec2::254']
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96]
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Whether a connection to this address is allowed. False if the text is not an IP address. */
export function mayReach(address: string, reach: Reach): boolean {
  if (!ipaddr.isValid(address)) return false
  const target = behindTranslation(ipaddr.parse(address))
  const range = target.range()
  if (METADATA.includes(target.toString())) return false
  if (reach === 'loopback') return range === 'loopback'
  const isInside = reach === 'private' || reach === 'plain'
  if (isInside && PRIVATE_RANGES.includes(range)) return true
  if (range !== 'unicast') return false
  return target instanceof ipaddr.IPv4 || target.match(GLOBAL_UNICAST)
}

/** Whether a request may connect to this address. An internet address requires TLS. */
export function mayConnect(address: string, url: URL, reach: Reach): boolean {
  return mayReach(address, reach) && (url.protocol === 'https:' || !mayReach(address, 'public'))
}

/**
 * Returns the IPv4 address inside a mapped or NAT64 IPv6 address. 6to4, Teredo and RFC 6145
 * addresses are not unicast and stay blocked.
 */
function behindTranslation(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address
}

/**
 * Whether the host is `localhost` or a loopback address. If `localhost` resolves to another
 * address, the guard blocks the request later.
 */
export function isLoopbackHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || (ipaddr.isValid(host) && mayReach(host, 'loopback'))
}

/** Whether a URL of a provider is allowed: https, or http if the settings allow it. */
export function isEndpoint({ url, reach }: { readonly url: URL; readonly reach: Reach }): boolean {
  if (url.username !== '' || url.password !== '' || url.href.includes('#')) return false
  if (reach === 'loopback' && !isLoopbackHost(url)) return false
  const mayBePlain = reach === 'loopback' || reach === 'plain'
  return url.protocol === 'https:' || (url.protocol === 'http:' && mayBePlain)
}
