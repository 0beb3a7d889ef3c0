import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { figure, table } from '../support/figures.ts'
import { IMAGE } from './container.ts'
import { must } from './engine.ts'
import type { Measured } from './measure.ts'

const MEASURE = fileURLToPath(new URL('measure.ts', import.meta.url))
const BASE = /^ARG BASE=(.*)$/m.exec(readFileSync('Dockerfile', 'utf8'))?.[1] ?? ''
const MEBIBYTE = 1024 * 1024

beforeAll(() => must('build', '--network=host', `--tag=${IMAGE}`, '.'))

test('the image contains the built program and no sources, and its size, start and memory are printed', async () => {
  const files = await inImage('ls', ['/opt/larder', '/opt/larder/node_modules'])
  expect(files.split('\n')).toContain('dist')
  expect(files.split('\n')).not.toContain('src')
  expect(files).toMatch(/node_modules:\nbetter-sqlite3$/)
  const size = (await sizeOf(IMAGE)) - (await sizeOf(BASE))
  const { larder, bare } = JSON.parse(
    await inImage('node', ['/measure.ts'], [`--volume=${MEASURE}:/measure.ts:ro`]),
  ) as { readonly larder: Measured; readonly bare: Measured }
  expect(larder.startMs).toBeGreaterThan(0)
  const beside = (name: keyof Measured, unit: string) => {
    const times = (larder[name] / bare[name]).toFixed(1)
    return `${larder[name].toFixed(0)} ${unit}, ${times} × bare Node (${bare[name].toFixed(0)})`
  }
  const figures = [
    figure('size beyond the base', `${(size / MEBIBYTE).toFixed(1)} MiB`),
    figure('start to ready', beside('startMs', 'ms')),
    figure('resident memory, idle', beside('rssMiB', 'MiB')),
    figure('… of it anonymous', beside('anonMiB', 'MiB')),
  ]
  process.stdout.write(`\n${table('the image', figures)}\n`)
})

async function sizeOf(image: string): Promise<number> {
  return Number(await must('image', 'inspect', '--format={{.Size}}', image))
}

function inImage(
  command: string,
  words: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  return must(
    'run',
    '--rm',
    '--network=host',
    ...options,
    `--entrypoint=${command}`,
    IMAGE,
    ...words,
  )
}
