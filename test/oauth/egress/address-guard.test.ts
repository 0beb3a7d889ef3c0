import { expect, test } from 'vitest'
import { isLoopbackHost, mayReach } from '../../../src/oauth/egress/address-guard.ts'

const PUBLIC = ['8.8.8.8', '172.32.0.1', '2620:fe::9', '2a00:1450::1', '::ffff:8.8.8.8']
const NAT64_PUBLIC = ['64:ff9b::808:808']
const PRIVATE = ['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fd12::1']
const LOOPBACK = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1']
const NEVER = [
  ['unspecified', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['unspecified', '::'],
  ['link-local', '169.254.1.1'],
  ['metadata', '169.254.169.254'],
  ['metadata, mapped', '::ffff:169.254.169.254'],
  ['metadata over NAT64', '64:ff9b::a9fe:a9fe'],
  ['metadata of a cloud in the CGNAT range', '100.100.100.200'],
  ['metadata of a cloud in a reserved range', '192.0.0.192'],
  ['metadata of a cloud in the unique local range', 'fd00:ec2::254'],
  ['link-local', 'fe80::1'],
  ['site-local', 'fec0::1'],
  ['multicast', '224.0.0.1'],
  ['multicast', 'ff02::1'],
  ['broadcast', '255.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['documentation', '192.0.2.1'],
  ['benchmarking', '198.18.0.1'],
  ['6to4 of loopback', '2002:7f00:1::'],
  ['6to4', '2002:808:808::1'],
  ['Teredo', '2001::1'],
  ['local NAT64', '64:ff9b:1::808:808'],
  ['RFC 6145', '::ffff:0:8.8.8.8'],
  ['documentation', '2001:db8::1'],
  ['a name instead of an address', 'localhost'],
  ['nothing', ''],
]

test.each([...PUBLIC, ...NAT64_PUBLIC])(
  'the public address %s may be reached by any request',
  (address) => {
    expect(mayReach(address, 'public')).toBe(true)
    expect(mayReach(address, 'private')).toBe(true)
  },
)

test.each(PRIVATE)(
  'the private address %s may be reached only with allowPrivateNetwork',
  (address) => {
    expect(mayReach(address, 'public')).toBe(false)
    expect(mayReach(address, 'loopback')).toBe(false)
    expect(mayReach(address, 'private')).toBe(true)
  },
)

test.each(LOOPBACK)(
  'the loopback address %s may be reached only if the settings name it literally or allow the private network',
  (address) => {
    expect(mayReach(address, 'public')).toBe(false)
    expect(mayReach(address, 'loopback')).toBe(true)
    expect(mayReach(address, 'private')).toBe(true)
  },
)

test.each(NEVER)('%s (%s) may never be reached', (_what, address) => {
  expect(mayReach(address, 'public')).toBe(false)
  expect(mayReach(address, 'loopback')).toBe(false)
  expect(mayReach(address, 'private')).toBe(false)
})

test.each([
  ['http://127.0.0.1:8080/token', true],
  ['https://[::1]/', true],
  ['http://127.8.8.8/', true],
  ['http://2130706433/', true],
  ['http://localhost:8080/', true],
  ['http://localhost.example.com/', false],
  ['http://my-localhost:8080/', false],
  ['http://127.0.0.1.example.com/', false],
  ['https://10.0.0.1/', false],
])('%s counts as a literal loopback URL: %s', (url, expected) => {
  expect(isLoopbackHost(new URL(url))).toBe(expected)
})
