import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Files that take more than four seconds, or that start a child process. `npm test` runs them. */
const SLOW = [
  'test/http/private/{fuzz,openapi,pages,probes,reach}.test.ts',
  'test/http/public/form.test.ts',
  'test/oauth/answer/any-answer{,-wire}.test.ts',
  'test/oauth/recipe/presets-pages.test.ts',
  'test/store/{every-byte,database-writer}.test.ts',
  'test/store/sqlite/{log,opening}.test.ts',
  'test/vault/operate/database-writer.test.ts',
  'test/vault/refresh/{any-answer,cuts,misbehaviours,odd-http,profiles,races,refresh-token-end,rejections}.test.ts',
  'test/vault/tokens/waiting-readers.test.ts',
  'test/vault/upkeep/{clock,data-key,grants-without-end,refresh-due}.test.ts',
]

export default defineConfig({
  test: {
    include: ['test/*.test.ts', 'test/{core,http,mutations,oauth,seal,store,vault}/**/*.test.ts'],
    exclude: [...SLOW, '**/node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Half of the time is waiting for answers and for the disk.
    maxWorkers: availableParallelism() + 1,
    isolate: false,
  },
})
