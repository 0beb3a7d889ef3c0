import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { someOnPostgres } from './test/postgres/tests.ts'

export default defineConfig({
  test: {
    // Half of the time is waiting: for processes, time-outs and the disk. By default two cores get one worker.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'all',
          include: ['test/**/*.test.ts'],
          // Need a container engine, `npm run test:image`, or PostgreSQL.
          exclude: ['test/image/**', 'test/postgres/**', '**/node_modules/**'],
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      { test: someOnPostgres },
    ],
  },
})
