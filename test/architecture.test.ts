import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/** Who may import whom; `src/config.ts` and `src/config/` are one. Whoever is not here imports all. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  ports: ['core', 'ports'],
  vault: ['core', 'ports', 'vault'],
  store: ['core', 'ports', 'store', 'migrations'],
  seal: ['core', 'ports', 'seal'],
  outgoing: ['outgoing'],
  oauth: ['core', 'ports', 'outgoing', 'oauth'],
  webhooks: ['core', 'ports', 'outgoing', 'webhooks'],
  http: ['core', 'ports', 'vault', 'events', 'http'],
  jobs: ['core', 'ports', 'vault', 'events', 'jobs'],
  cli: ['core', 'cli'],
  system: ['ports'],
  log: ['core', 'log'],
  metrics: ['core', 'ports', 'metrics'],
  events: ['core', 'ports', 'log', 'metrics', 'events'],
  // Presets are switched on by settings, and judge what settings give them.
  config: ['core', 'ports', 'oauth', 'log', 'config'],
  migrations: ['migrations'],
  'reload-secrets': ['config', 'core', 'events', 'oauth', 'ports', 'seal', 'webhooks'],
}

const files = [...globSync('src/**/*.ts'), ...globSync('migrations/**/*.ts')]
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
const IMPORT = /^(?:import|export) (type )?(?:[^'"]* from )?'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm

function importsOf(file: string, { types }: { readonly types: boolean }): readonly string[] {
  const found = [...(sources.get(file) ?? '').matchAll(IMPORT)]
  return found
    .filter(([, isType]) => types || isType === undefined)
    .map(([, , path, lazy]) => join(dirname(file), path ?? lazy ?? ''))
}

function layerOf(file: string): string {
  return file.replace(/^src\//, '').replace(/(\/.*|\.ts)$/, '')
}

test('every import stays within the layers, and nothing imports the root', () => {
  expect(files.length).toBeGreaterThan(50)
  const wrong = files.flatMap((file) => {
    const from = layerOf(file)
    const allowed = LAYERS[from] ?? Object.keys(LAYERS).concat(from === 'main' ? 'daemon' : [])
    const targets = importsOf(file, { types: true })
    return targets.filter((to) => !allowed.includes(layerOf(to))).map((to) => `${file} → ${to}`)
  })
  expect(wrong).toEqual([])
})

test('every import leads to a file, and none leads back', () => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    expect(path, `a cycle at ${file}`).not.toContain(file)
    if (done.has(file)) return
    expect(sources.has(file), `${file}, imported by ${path.at(-1)}`).toBe(true)
    for (const to of importsOf(file, { types: false })) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('there are no barrels, no default exports and no files over 300 lines', () => {
  const wrong = [...sources].filter(
    ([, text]) =>
      /^export (\*|\{[^}]*\}) from|^export default/m.test(text) || text.split('\n').length > 301,
  )
  expect(wrong.map(([file]) => file)).toEqual([])
})
