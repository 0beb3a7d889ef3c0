import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { around, load, problemsOf } from './load.ts'
import { put, tempDir } from './temp-dir.ts'

const LARDER_VAULT_ID = '0123456789abcdef0123456789abcdef'
const ABSENT =
  'LARDER_VAULT_ID: there is no vault in the data directory; is its volume mounted, and readable?'

describe('LARDER_VAULT_ID', () => {
  test('any vault is accepted if LARDER_VAULT_ID is not set', () => {
    expect(load({}).vaultId).toBeNull()
  })

  test('LARDER_VAULT_ID is accepted if the data directory has a vault', () => {
    const cwd = tempDir()
    put(cwd, 'data/larder.db', '')
    expect(load({ LARDER_VAULT_ID }, { cwd }).vaultId).toBe(LARDER_VAULT_ID)
  })

  test.each(['', 'canary', LARDER_VAULT_ID.toUpperCase(), `${LARDER_VAULT_ID}0`])(
    'the malformed LARDER_VAULT_ID "%s" is rejected, and the error omits its value',
    (vaultId) => {
      const cwd = tempDir()
      put(cwd, 'data/larder.db', '')
      const [problem, ...others] = problemsOf(() => load({ LARDER_VAULT_ID: vaultId }, { cwd }))
      expect(problem).toMatch(/^LARDER_VAULT_ID: must (not be empty|be the vaultId)/)
      expect(problem).not.toMatch(/canary|abcdef/i)
      expect(others).toEqual([])
    },
  )

  test.each([
    ['without a data directory', null],
    ['with an empty data directory', 'data/.keep'],
  ])('LARDER_VAULT_ID %s is rejected before any file is written, key files included', (_, file) => {
    const cwd = tempDir()
    if (file !== null) put(cwd, file, '')
    const before = readdirSync(cwd, { recursive: true })
    const problems = problemsOf(() => loadConfig({ LARDER_VAULT_ID }, around({ cwd })))
    expect(problems).toEqual([ABSENT])
    expect(readdirSync(cwd, { recursive: true })).toEqual(before)
  })
})
