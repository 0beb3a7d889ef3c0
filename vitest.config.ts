import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Need a container engine, `npm run test:image`, or PostgreSQL, `npm run test:postgres`.
    exclude: ['test/image/**', 'test/postgres/**', '**/node_modules/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Half of the time is waiting: for processes, time-outs and the disk. By default two cores get one worker.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
