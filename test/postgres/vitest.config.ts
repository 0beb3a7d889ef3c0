import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { allOnPostgres } from './tests.ts'

export default defineConfig({
  test: { ...allOnPostgres, maxWorkers: Math.max(2, availableParallelism() - 1) },
})
