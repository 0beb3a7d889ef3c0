import { describe, expect, test } from 'vitest'
import { load } from './load.ts'

const NAMES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']

const proxyWarnings = (variables: Record<string, string>) =>
  load(variables).warnings.filter((line) => /proxy/i.test(line))

describe('a forward proxy in the environment', () => {
  test.each(NAMES)(
    '%s gives a warning that Larder does not use it, and the warning omits its value',
    (name) => {
      const warnings = proxyWarnings({ [name]: 'http://user:hunter2@proxy.acme.example:3128' })
      expect(warnings).toEqual([expect.stringMatching(`^${name}: is set and not used: `)])
      expect(warnings[0]).not.toMatch(/hunter2|acme/)
    },
  )

  test.each(NAMES)('%s gives no warning if it is empty', (name) => {
    expect(proxyWarnings({ [name]: '' })).toEqual([])
  })

  test('NO_PROXY alone gives no warning', () => {
    expect(proxyWarnings({ NO_PROXY: 'localhost', no_proxy: '*' })).toEqual([])
  })
})
