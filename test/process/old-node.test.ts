import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ENTRY = 'src/larder.js'
const BUILT = 'dist/larder.cjs'
const { bin, scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly bin: { readonly larder: string }
  readonly scripts: { readonly larder: string }
}

function preload(version: string): string {
  const source = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`
  return `--import=data:text/javascript,${encodeURIComponent(source)}`
}

test.each(['18.20.4', '20.20.2', '22.14.0'])(
  'a start under Node %s exits 78 and says that Node 24 is needed',
  (version) => {
    const run = spawnSync(process.execPath, [preload(version), ENTRY, 'serve'], {
      encoding: 'utf8',
    })
    expect(run.status).toBe(78)
    expect(run.stdout).toBe('')
    expect(run.stderr).toMatch(
      new RegExp(`^larder: error: Node 24 or later is needed, and this is Node ${version}\n`),
    )
  },
)

test('npm run larder, the package and the image start src/larder.js or its build without Node flags', () => {
  expect(bin.larder).toBe(BUILT)
  expect(scripts.larder).toBe(`node ${ENTRY}`)
  expect(readFileSync('Dockerfile', 'utf8')).toContain(
    `ENTRYPOINT ["node", "/opt/larder/${BUILT}"]`,
  )
  expect(readFileSync('Dockerfile', 'utf8')).toContain(`ln -s /opt/larder/${BUILT} `)
  expect(readFileSync(ENTRY, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
})

test('src/larder.js runs the commands of main.ts', () => {
  const text = execFileSync(process.execPath, [ENTRY, '--help'], { encoding: 'utf8' })
  expect(text).toContain('Usage: larder')
})

const SYSTEM_NODE = '/usr/bin/node'
const isOld = (): boolean => {
  if (!existsSync(SYSTEM_NODE)) return false
  const version = execFileSync(SYSTEM_NODE, ['--version'], { encoding: 'utf8' })
  return Number(/\d+/.exec(version)?.[0]) < 24
}

test.runIf(isOld())(
  'a start under an older Node of this machine says that Node 24 is needed',
  () => {
    const run = spawnSync(SYSTEM_NODE, [ENTRY, 'serve'], { encoding: 'utf8' })
    expect(run.status).toBe(78)
    expect(run.stderr).toContain('Node 24 or later is needed')
  },
)
