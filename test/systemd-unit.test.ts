import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Findings } from '../src/config/findings.ts'
import { checkProcessFlags } from '../src/config/process-flags.ts'
import { SETTINGS } from '../src/config/settings.ts'
import { notRun } from './crash/not-run.ts'

const run = promisify(execFile)
const UNIT = 'larder.service'
const unit = readFileSync(UNIT, 'utf8')

/** Every value of a key, in the order of the file. */
function valuesOf(key: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value ?? '')
}

test('the systemd unit can be enabled, and starts after the network', () => {
  expect(unit.match(/^\[.*\]$/gm)).toEqual(['[Unit]', '[Service]', '[Install]'])
  expect(valuesOf('WantedBy')).toEqual(['multi-user.target'])
  expect(valuesOf('After')).toEqual(['network-online.target'])
})

test("the systemd unit passes only Node options that Larder allows, and disables Node's inspector signal", () => {
  const [command = ''] = valuesOf('ExecStart')
  const [node, ...words] = command.split(' ')
  const main = words.findIndex((word) => word.endsWith('/bin/larder'))
  const findings = new Findings()
  const execArgv = words.slice(0, main)
  checkProcessFlags({}, { execArgv, inspectorUrl: undefined, writesReports: false }, findings)
  expect(node).toBe('/usr/bin/node')
  expect(execArgv).toContain('--disable-sigusr1')
  expect(findings.problems).toEqual([])
  expect(valuesOf('MemoryDenyWriteExecute')).toEqual(['no'])
})

test('the systemd unit sets only existing settings, and loads every secret as a credential', () => {
  const loaded = valuesOf('LoadCredential').map((value) => value.split(':')[0])
  const variables = valuesOf('Environment').flatMap((value) => value.split(' '))
  for (const variable of variables.filter((one) => one !== 'NODE_ENV=production')) {
    const [name = '', value = ''] = variable.split('=')
    expect(Object.keys(SETTINGS), name).toContain(name.replace(/_FILE$/, ''))
    if (value.startsWith('%d/')) expect(loaded).toContain(value.slice('%d/'.length))
    if (/KEY/.test(name)) expect(value).toMatch(/^%d\//)
  }
})

test('systemd rates the exposure of the systemd unit under 3.0', async (context) => {
  const systemd = await run('systemd-analyze', ['--version']).catch(() => null)
  const version = Number(/^systemd (\d+)/.exec(systemd?.stdout ?? '')?.[1] ?? 0)
  if (version < 250) notRun(context, 'systemd-analyze of systemd 250 or later is not here')
  const options = ['--offline=true', '--threshold=30', '--no-pager']
  const rated = await run('systemd-analyze', ['security', ...options, UNIT])
  expect(rated.stdout).toMatch(/Overall exposure level for larder\.service: [012]\.\d/)
}, 60_000)
