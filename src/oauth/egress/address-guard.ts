import ipaddr from 'ipaddr.js'

/**
 * How far a request may go: out to the internet; to the loopback address that the configuration
 * spells out; or, where the operator allows it for a provider, into the private network too, and
 * there without TLS (`plain`).
 */
export type Reach = 'public' | 'loopback' | 'private' | 'plain'

const PRIVATE_RANGES = ['private', 'uniqueLocal', 'loopback', 'carrierGradeNat']
/** Metadata services of clouds that lie outside the link-local ranges. */
const METADATA = ['100.100.100.200', '192.0.0.192', 'fd00:ec2::254']
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96]
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Whether a connection to this address is allowed; what is no address is not. */
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

/** The same for one request: without TLS, only an address that is not on the internet is allowed. */
export function mayConnect(address: string, url: URL, reach: Reach): boolean {
  return mayReach(address, reach) && (url.protocol === 'https:' || !mayReach(address, 'public'))
}

/**
 * The IPv4 address that an IPv6 one leads to. Only forms that a network of today uses are looked
 * through (mapped, NAT64); the others (6to4, Teredo, RFC 6145) stay what they are: not unicast.
 */
function behindTranslation(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address
}

/**
 * `http://127.0.0.1:8080`, `https://[::1]/token`, `http://localhost:8080`: loopback, spelled out. The
 * one name may still resolve to another address, to which nothing is sent.
 */
export function isLoopbackHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || (ipaddr.isValid(host) && mayReach(host, 'loopback'))
}

/** One rule for every address of a provider: https, or http to where the settings allow it. */
export function isEndpoint({ url, reach }: { readonly url: URL; readonly reach: Reach }): boolean {
  if (url.username !== '' || url.password !== '' || url.href.includes('#')) return false
  if (reach === 'loopback' && !isLoopbackHost(url)) return false
  const mayBePlain = reach === 'loopback' || reach === 'plain'
  return url.protocol === 'https:' || (url.protocol === 'http:' && mayBePlain)
}
