import { defineConfig } from 'vitest/config'

// What a real browser shows (npm run page, and of it npm run page quick); npm test needs none.
// One file after another: each has a browser of its own. The times bound a failure and measure nothing.
export default defineConfig({
  test: { environment: 'node', include: ['page/**/*.test.ts'], fileParallelism: false, testTimeout: 60_000, hookTimeout: 120_000 },
})
