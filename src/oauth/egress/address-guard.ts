import ipaddr from 'ipaddr.js'

/**
 * The addresses that a request may reach: the internet; the loopback address that the configuration
 * names; or, if the operator allows it for a provider, also the private network, with TLS or
 * without (`plain`).
 */
export type Reach = 'public' | 'loopback' | 'private' | 'plain'

const PRIVATE_RANGES = ['private', 'uniqueLocal', 'loopback', 'carrierGradeNat']
/** Metadata services of clouds outside the link-local ranges. */
const METADATA = ['100.100.100.200', '192.0.0.192', 'fd00:ec2::254']
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96]
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Whether a connection to this address is allowed; false for anything that is not an address. */
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

/** Whether one request may connect: without TLS, only to addresses that are not on the internet. */
export function mayConnect(address: string, url: URL, reach: Reach): boolean {
  return mayReach(address, reach) && (url.protocol === 'https:' || !mayReach(address, 'public'))
}

/**
 * The IPv4 address behind an IPv6 one. Only forms in use today are resolved (mapped, NAT64); 6to4,
 * Teredo and RFC 6145 are not unicast and stay blocked.
 */
function behindTranslation(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address
}

/**
 * A loopback address or `localhost`, such as `http://127.0.0.1:8080`. If the name `localhost`
 * resolves to another address, nothing is sent.
 */
export function isLoopbackHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || (ipaddr.isValid(host) && mayReach(host, 'loopback'))
}

/** The rule for every address of a provider: https, or http if the settings allow it. */
export function isEndpoint({ url, reach }: { readonly url: URL; readonly reach: Reach }): boolean {
  if (url.username !== '' || url.password !== '' || url.href.includes('#')) return false
  if (reach === 'loopback' && !isLoopbackHost(url)) return false
  const mayBePlain = reach === 'loopback' || reach === 'plain'
  return url.protocol === 'https:' || (url.protocol === 'http:' && mayBePlain)
}
