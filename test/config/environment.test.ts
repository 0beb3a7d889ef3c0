import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { load, problemsOf } from './load.ts'
import { tempDir } from './temp-dir.ts'

test('with only the keys set, every setting has its default', () => {
  const cwd = tempDir()
  expect(load({}, { cwd })).toMatchObject({
    dataDir: join(cwd, 'data'),
    databaseFile: join(cwd, 'data/larder.db'),
    listen: { kind: 'tcp', host: '127.0.0.1', port: 7420 },
    publicListen: { kind: 'tcp', host: '127.0.0.1', port: 7421 },
    allowedHosts: [],
    madeKeys: [],
    providers: [],
    logLevel: 'info',
    policy: {
      publicUrl: 'http://localhost:7421',
      redirectUrls: [],
      confirm: 'page',
      marginMs: 300_000,
      deadlineMs: 25_000,
      leaseMs: 60_000,
      concurrencyPerProvider: 4,
    },
    warnings: ['providers: none is configured'],
  })
})

test('in the image, the data directory defaults to the volume', () => {
  expect(load({}, { inImage: true }).dataDir).toBe('/data')
})

test.each([
  ['127.0.0.1:80', { kind: 'tcp', host: '127.0.0.1', port: 80 }],
  ['[::1]:7420', { kind: 'tcp', host: '::1', port: 7420 }],
  ['0.0.0.0:0', { kind: 'tcp', host: '0.0.0.0', port: 0 }],
  ['larder.internal:1', { kind: 'tcp', host: 'larder.internal', port: 1 }],
  ['unix:/run/larder.sock', { kind: 'unix', path: '/run/larder.sock' }],
])('LARDER_LISTEN accepts %s', (raw, listen) => {
  expect(load({ LARDER_LISTEN: raw }).listen).toEqual(listen)
})

test.each([
  ['https://connect.example.com', 'https://connect.example.com'],
  ['https://connect.example.com/', 'https://connect.example.com'],
  ['https://EXAMPLE.com:443/larder/', 'https://example.com/larder'],
  ['https://example.com/a/b-c', 'https://example.com/a/b-c'],
  ['http://127.0.0.1:7421', 'http://127.0.0.1:7421'],
  ['http://[::1]:7421', 'http://[::1]:7421'],
])('LARDER_PUBLIC_URL %s is read as %s', (raw, url) => {
  expect(load({ LARDER_PUBLIC_URL: raw }).policy.publicUrl).toBe(url)
})

test.each([
  'https://app.example.com/oauth',
  'http://localhost:3000/done',
  'http://127.0.0.1/',
  'myapp://done',
  'com.example.app:/done',
])('LARDER_REDIRECT_URLS accepts %s', (url) => {
  expect(load({ LARDER_REDIRECT_URLS: url }).policy.redirectUrls).toEqual([url])
})

test('lists in variables are split at commas, and spaces around items are ignored', () => {
  const config = load({
    LARDER_ALLOWED_HOSTS: 'larder.internal, Larder-2',
    LARDER_REDIRECT_URLS: 'https://a.example , myapp://done',
    LARDER_LOG_LEVEL: 'debug',
  })
  expect(config.allowedHosts).toEqual(['larder.internal', 'Larder-2'])
  expect(config.policy.redirectUrls).toEqual(['https://a.example', 'myapp://done'])
  expect(config.logLevel).toBe('debug')
})

/** A value that an operator may have put into the wrong variable; no problem may repeat it. */
const CANARY = 'canary-9f2c'
const HOST_AND_PORT = 'must be host:port or unix:/path'
const PUBLIC =
  'must be an https URL (http on loopback) without query, fragment or login, its path plain'
const REDIRECTS =
  'must be https URLs (http on loopback) or app URLs such as myapp://done, without wildcard, query, fragment or login; an entry covers all paths below it'
const API_KEY_RULE = 'must be at least 32 characters of A-Z, a-z, 0-9 and . _ ~ + / -'
const MASTER_KEY_RULE = 'must be 32 bytes in base64, as "openssl rand -base64 32" prints them'

describe('bad values of environment variables', () => {
  test.each([
    ['LARDER_REFRESH_MARGN', CANARY, 'no such setting'],
    ['LARDER_LISTEN_FILE', CANARY, 'no such setting'],
    ['LARDER_MASTER_KEY_COMMAND_FILE', CANARY, 'no such setting'],
    ['LARDER_GOGLE_CLIENT_ID', CANARY, 'no such setting'],
    ['LARDER_PUBLIC_PORT', CANARY, 'no such setting'],
    ['LARDER_', CANARY, 'no such setting'],
    ['LARDER_LISTEN', '', 'must not be empty'],
    ['LARDER_API_KEY', '', 'must not be empty'],
    ['LARDER_DATA_DIR', '', 'must not be empty'],
    ['LARDER_LISTEN', CANARY, HOST_AND_PORT],
    ['LARDER_LISTEN', ':7420', HOST_AND_PORT],
    ['LARDER_LISTEN', `${CANARY}:65536`, HOST_AND_PORT],
    ['LARDER_LISTEN', '::1:7420', HOST_AND_PORT],
    ['LARDER_LISTEN', `http://${CANARY}:1`, HOST_AND_PORT],
    ['LARDER_LISTEN', 'unix:relative', HOST_AND_PORT],
    ['LARDER_LISTEN', `unix:/${'x'.repeat(107)}`, HOST_AND_PORT],
    ['LARDER_PUBLIC_LISTEN', CANARY, HOST_AND_PORT],
    ['LARDER_PUBLIC_LISTEN', '127.0.0.1:7420', 'must not be the address of the private API'],
    ['LARDER_PUBLIC_URL', `http://${CANARY}.example`, PUBLIC],
    ['LARDER_PUBLIC_URL', `https://x.example/?${CANARY}`, PUBLIC],
    ['LARDER_PUBLIC_URL', 'https://x.example/?', PUBLIC],
    ['LARDER_PUBLIC_URL', `https://x.example/#${CANARY}`, PUBLIC],
    ['LARDER_PUBLIC_URL', `https://${CANARY}@x.example/`, PUBLIC],
    ['LARDER_PUBLIC_URL', 'https://x.example//a', PUBLIC],
    ['LARDER_PUBLIC_URL', 'https:\\\\x.example', PUBLIC],
    ['LARDER_PUBLIC_URL', 'ftp://x.example', PUBLIC],
    ['LARDER_REDIRECT_URLS', `https://a.example,javascript:${CANARY}`, REDIRECTS],
    ['LARDER_REDIRECT_URLS', `http://${CANARY}.example`, REDIRECTS],
    ['LARDER_REDIRECT_URLS', `https://a.example/?${CANARY}=1`, REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'https://*.a.example', REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'https://a.example/*', REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'https://a.example/%2A', REDIRECTS],
    ['LARDER_REDIRECT_URLS', '*', REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'myapp:', REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'myapp://', REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'myapp:///', REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'https:', REDIRECTS],
    ['LARDER_REDIRECT_URLS', 'https://a.example,', 'must not hold an empty item'],
    ['LARDER_ALLOWED_HOSTS', `https://${CANARY}`, 'must be host names, without scheme or port'],
    ['LARDER_ALLOWED_HOSTS', `${CANARY}:80`, 'must be host names, without scheme or port'],
    ['LARDER_LOG_LEVEL', CANARY, 'must be one of fatal, error, warn, info, debug, trace, silent'],
    ['LARDER_URL', CANARY, 'must be an http or https URL, or unix:/path'],
    ['LARDER_API_KEY', CANARY, API_KEY_RULE],
    ['LARDER_API_KEY', `${CANARY} ${'x'.repeat(40)}`, API_KEY_RULE],
    ['LARDER_MASTER_KEY', CANARY, MASTER_KEY_RULE],
    ['LARDER_MASTER_KEY', Buffer.alloc(31).toString('base64'), MASTER_KEY_RULE],
    ['LARDER_MASTER_KEY', Buffer.alloc(33).toString('base64'), MASTER_KEY_RULE],
    [
      'LARDER_MASTER_KEY_COMMAND',
      `echo ${CANARY}`,
      'given beside LARDER_MASTER_KEY: keep one of them',
    ],
    ['LARDER_MASTER_KEY_FILE', CANARY, undefined],
    ['LARDER_CONFIG', CANARY, undefined],
  ])(
    '%s=%j is rejected, and the error names the variable without its value',
    (name, value, detail) => {
      const problems = problemsOf(() => load({ [name]: value }))
      if (detail !== undefined) expect(problems).toEqual([`${name}: ${detail}`])
      expect(problems).toHaveLength(1)
      expect(problems.join()).not.toContain(CANARY)
    },
  )
})

test('all problems of the environment are reported at once', () => {
  const variables = {
    LARDER_REFRESH_MARGN: '1',
    LARDER_LISTEN: 'x',
    LARDER_API_KEY: 'short',
    LARDER_GOOGLE_CLIENT_SECRET: 'without id',
  }
  expect(problemsOf(() => load(variables)).toSorted()).toEqual([
    `LARDER_API_KEY: ${API_KEY_RULE}`,
    'LARDER_GOOGLE_CLIENT_SECRET: needs LARDER_GOOGLE_CLIENT_ID beside it',
    `LARDER_LISTEN: ${HOST_AND_PORT}`,
    'LARDER_REFRESH_MARGN: no such setting',
  ])
})

test('variables that Kubernetes injects for a service named larder are ignored', () => {
  const injected = {
    LARDER_SERVICE_HOST: '10.0.0.1',
    LARDER_SERVICE_PORT: '7420',
    LARDER_SERVICE_PORT_PRIVATE_API: '7420',
    LARDER_PORT: 'tcp://10.0.0.1:7420',
    LARDER_PORT_7420_TCP: 'tcp://10.0.0.1:7420',
    LARDER_PORT_7420_TCP_PROTO: 'tcp',
    LARDER_PORT_7420_TCP_PORT: '7420',
    LARDER_PORT_7420_TCP_ADDR: '10.0.0.1',
    LARDER_PUBLIC_SERVICE_HOST: '10.0.0.2',
    LARDER_PUBLIC_PORT: 'tcp://10.0.0.2:7421',
    LARDER_PUBLIC_PORT_7421_TCP: 'tcp://10.0.0.2:7421',
    LARDER_V6_SERVICE_HOST: 'fd00::7',
    LARDER_V6_PORT: 'tcp://[fd00::7]:7420',
    LARDER_V6_PORT_7420_UDP_ADDR: 'fd00::7',
  }
  expect(problemsOf(() => load(injected))).toEqual([])
})

test.each([
  ['LARDER_PUBLIC_PORT', '7421'],
  ['LARDER_PORT', '7420'],
  ['LARDER_SERVICE_HOST', 'https://larder.example'],
  ['LARDER_PORT_7420_TCP', 'yes'],
])('%s=%s is rejected, because Kubernetes does not inject such a value', (name, value) => {
  expect(problemsOf(() => load({ [name]: value }))).toEqual([`${name}: no such setting`])
})

test('variables without the prefix LARDER_ are ignored', () => {
  expect(problemsOf(() => load({ LARDERX: '1', PATH: '/bin', larder_listen: 'x' }))).toEqual([])
})

const CLOSED = { execArgv: [], inspectorUrl: undefined, writesReports: false }

function optionProblems(source: string, names: readonly string[]): readonly string[] {
  return names.map(
    (name) => `${source}: must not hold ${name}; docs/settings.md lists the options it may`,
  )
}

test.each<[string, ...string[]]>([
  ['--inspect', '--inspect'],
  ['--max-old-space-size=200 --inspect-brk=0.0.0.0:9229', '--inspect-brk'],
  ['"--inspect_port=1"', '--inspect-port'],
  [String.raw`"--ins\pect=0"`, '--inspect'],
  ['--ins"pec"t=0', '--inspect'],
  ['--heapsnapshot-signal=SIGUSR2', '--heapsnapshot-signal'],
  ['--heapsnapshot-near-heap-limit=1', '--heapsnapshot-near-heap-limit'],
  ['--report-on-signal', '--report-on-signal'],
  ['--report_on_fatalerror', '--report-on-fatalerror'],
  ['--tls-keylog=/tmp/keys', '--tls-keylog'],
  ['--tls-keylog /tmp/keys', '--tls-keylog'],
  ['--trace-tls', '--trace-tls'],
  ['--trace-env', '--trace-env'],
  ['--cpu-prof --heap-prof', '--cpu-prof', '--heap-prof'],
  ['--abort-on-uncaught-exception', '--abort-on-uncaught-exception'],
  ['--perf-basic-prof', '--perf-basic-prof'],
  ['--an-option-of-tomorrow', '--an-option-of-tomorrow'],
  ['--openssl-config=/tmp/x', '--openssl-config'],
])('NODE_OPTIONS %s is rejected', (options, ...names) => {
  const problems = problemsOf(() => load({ NODE_OPTIONS: options }))
  expect(problems).toEqual(optionProblems('NODE_OPTIONS', names))
})

test.each([
  '',
  '--max-old-space-size=200 --disable-sigusr1',
  '--max_old_space_size=200',
  '  --enable-source-maps   --disable-warning ExperimentalWarning ',
  '--import="data:text/javascript,1 --inspect"',
  '--require ./trace.cjs --use-system-ca --dns-result-order=ipv4first',
])('NODE_OPTIONS "%s" is allowed', (options) => {
  expect(problemsOf(() => load({ NODE_OPTIONS: options }))).toEqual([])
})

test.each(['--inspect=0', '--tls-keylog=/tmp/keys', '--trace-tls', '--ins_pect'])(
  'the Node flag %s on the command line is rejected',
  (flag) => {
    const process = { ...CLOSED, execArgv: ['--disable-sigusr1', flag] }
    const name = flag.split('=')[0]?.replace('_', '-') ?? ''
    expect(problemsOf(() => load({}, { process }))).toEqual(optionProblems('node', [name]))
  },
)

test.each([
  [{ inspectorUrl: 'ws://127.0.0.1:9229/x' }, /^node: .*inspector/],
  [{ writesReports: true }, /^node: .*reports/],
])(
  'a process in the state %j is rejected, even if no Node flag shows this state',
  (state, expected) => {
    const problems = problemsOf(() => load({}, { process: { ...CLOSED, ...state } }))
    expect(problems).toEqual([expect.stringMatching(expected)])
  },
)

test.each(['NODE_DEBUG', 'NODE_DEBUG_NATIVE'])(
  'the variable %s is rejected, because it would print requests',
  (name) => {
    const problems = problemsOf(() => load({ [name]: 'http' }))
    expect(problems).toEqual([`${name}: must not be set: it prints requests and tokens`])
  },
)
