import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/image/**/*.test.ts'],
    globalSetup: 'test/image/require-engine.ts',
    // A first build installs packages.
    hookTimeout: 600_000,
    testTimeout: 120_000,
  },
})
