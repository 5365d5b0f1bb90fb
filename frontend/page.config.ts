import { defineConfig } from 'vitest/config'

// What a real browser shows (npm run page); npm test needs none.
export default defineConfig({
  test: { environment: 'node', include: ['page/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 120_000 },
})
