import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/** Which folder of `src` may import which. `daemon`, `serve` and `main` import all. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  ports: ['core', 'ports'],
  vault: ['core', 'ports', 'vault'],
  store: ['core', 'ports', 'store', 'migrations'],
  seal: ['core', 'ports', 'seal'],
  outgoing: ['outgoing'],
  oauth: ['core', 'ports', 'outgoing', 'oauth'],
  webhooks: ['core', 'ports', 'outgoing', 'webhooks'],
  observe: ['core', 'ports', 'observe', 'package-directory'],
  http: ['core', 'ports', 'vault', 'observe', 'http'],
  jobs: ['core', 'ports', 'vault', 'observe', 'jobs'],
  cli: ['core', 'cli'],
  // Presets are enabled by settings, and check what the settings give them.
  config: ['core', 'ports', 'oauth', 'observe', 'config', 'package-directory'],
  migrations: ['migrations'],
  'package-directory': [],
  'reload-secrets': ['config', 'core', 'observe', 'oauth', 'ports', 'seal', 'webhooks'],
}

/** Files at the top of `src` that only one other file may import. */
const IMPORTED_BY: Readonly<Record<string, readonly string[]>> = {
  main: ['serve', 'move'],
  serve: ['daemon'],
}

/** Inside these layers a room may import itself and the rooms listed here. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'core/base': [],
  'core/connection': ['base'],
  'core/refresh': ['base', 'connection'],
  'core/connect': ['base', 'connection', 'refresh'],
  'core/events': ['base', 'connection', 'refresh'],
  'vault/connections': [],
  'vault/refresh': ['connections'],
  'vault/tokens': ['connections', 'refresh'],
  'vault/connect': ['connections', 'refresh'],
  'vault/import': ['connections', 'refresh', 'connect'],
  'vault/upkeep': ['refresh', 'connect', 'import'],
  'vault/webhooks': [],
  'vault/operate': ['connections', 'webhooks'],
}

/** The packages that these layers may import. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  core: /^node:crypto$/,
  ports: /^$/,
  vault: /^(node:crypto|p-queue)$/,
}

/** The longest list that a reader takes in at a glance. The presets are data. */
const MOST_FILES = 23

const files = [...globSync('src/**/*.ts'), ...globSync('migrations/**/*.ts')]
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
const IMPORT = /^(?:import|export) (?:type )?(?:[^'"]* from )?'([^']+)'|\bimport\('([^']+)'\)/gm

function importsOf(file: string): readonly string[] {
  return [...(sources.get(file) ?? '').matchAll(IMPORT)].map(([, name, lazy]) => name ?? lazy ?? '')
}

/** The files that a file imports, for their types too. */
function filesImportedBy(file: string): readonly string[] {
  const relative = importsOf(file).filter((name) => name.startsWith('.'))
  return relative.map((name) => join(dirname(file), name))
}

function layerOf(file: string): string {
  return file.replace(/^src\//, '').replace(/(\/.*|\.ts)$/, '')
}

function roomOf(file: string): string | null {
  const room = /^src\/((?:core|vault)\/[\w-]+)\//.exec(file)?.[1]
  return room ?? null
}

test('imports follow the order of the layers, and only serve imports the daemon', () => {
  expect(files.length).toBeGreaterThan(50)
  const wrong = files.flatMap((file) => {
    const from = layerOf(file)
    const allowed = LAYERS[from] ?? Object.keys(LAYERS).concat(IMPORTED_BY[from] ?? [])
    const targets = filesImportedBy(file)
    return targets.filter((to) => !allowed.includes(layerOf(to))).map((to) => `${file} → ${to}`)
  })
  expect(wrong).toEqual([])
})

test('every file of the core and the vault is in a room, and the rooms import each other in one direction only', () => {
  const inside = files.filter((file) => /^src\/(core|vault)\//.test(file))
  const wrong = inside.flatMap((file) => {
    const from = roomOf(file) ?? ''
    const [layer] = from.split('/')
    const allowed = [from, ...(ROOMS[from] ?? []).map((room) => `${layer}/${room}`)]
    if (ROOMS[from] === undefined) return [`${file} is in no room`]
    const targets = filesImportedBy(file).filter((to) => layerOf(to) === layer)
    return targets
      .filter((to) => !allowed.includes(roomOf(to) ?? ''))
      .map((to) => `${file} → ${to}`)
  })
  expect(wrong).toEqual([])
})

test('the core, the ports and the vault import no package that does input or output', () => {
  const wrong = files.flatMap((file) => {
    const allowed = PACKAGES[layerOf(file)]
    const packages = importsOf(file).filter((name) => !name.startsWith('.'))
    if (allowed === undefined) return []
    return packages.filter((name) => !allowed.test(name)).map((name) => `${file} → ${name}`)
  })
  expect(wrong).toEqual([])
})

test('every import resolves to a file, and no imports form a cycle, type imports included', () => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    expect(path, `a cycle at ${file}`).not.toContain(file)
    if (done.has(file)) return
    expect(sources.has(file), `${file}, imported by ${path.at(-1)}`).toBe(true)
    for (const to of filesImportedBy(file)) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('no folder has too many files to read at a glance, except the presets', () => {
  const counts = new Map<string, number>()
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)
  counts.delete('src/oauth/presets')
  const long = [...counts].filter(([, count]) => count > MOST_FILES)
  expect(long).toEqual([])
})

test('there are no barrels, no default exports and no files over 300 lines', () => {
  const wrong = [...sources].filter(
    ([, text]) =>
      /^export (\*|\{[^}]*\}) from|^export default/m.test(text) || text.split('\n').length > 301,
  )
  expect(wrong.map(([file]) => file)).toEqual([])
})
