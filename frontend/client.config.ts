import { defineConfig } from 'vite'

// The client is one script that runs before the page's own: no module, no chunk.
export default defineConfig({
  publicDir: false,
  build: {
    target: ['safari17.5', 'chrome123'],
    outDir: 'dist',
    emptyOutDir: false,
    reportCompressedSize: false,
    lib: { entry: 'src/client.ts', formats: ['iife'], name: 'munpaeClient', fileName: () => 'client.js' },
  },
})
