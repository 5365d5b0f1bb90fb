import { readFileSync } from 'node:fs'

import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// The words of app/internal/app/problems.json, the only place that lists them. In the window
// an action's label stands once, not with every code.
const problems = new URL('../app/internal/app/problems.json', import.meta.url)
const catalogue: Plugin = {
  name: 'catalogue',
  resolveId: (id) => (id === 'virtual:catalogue' ? '\0catalogue' : null),
  load(id) {
    if (id !== '\0catalogue') return
    const entries = JSON.parse(readFileSync(problems, 'utf8')) as Record<string, Record<'ko' | 'en', Record<string, string>> & { action: string }>
    const labels: Record<string, string[]> = {}
    const codes: Record<string, string[]> = {}
    for (const [code, { action, ko, en }] of Object.entries(entries)) {
      labels[action] = [ko.button!, en.button!]
      codes[code] = [action, ko.happened!, ko.next!, en.happened!, en.next!]
    }
    return { code: `export const labels=${JSON.stringify(labels)},codes=${JSON.stringify(codes)}` }
  },
}

// Nothing is rendered on a server here, so Svelte's hydration is left out: more
// than a kilobyte of the page's 40, gzipped.
const noHydration: Plugin = {
  name: 'no-hydration',
  apply: 'build',
  transform: {
    filter: { id: /svelte\/src\/internal\/client\/dom\/hydration\.js/ },
    handler(code) {
      const constant = code
        .replace('export let hydrating = false', 'export const hydrating = false')
        .replace(/(function set_hydrating\(value\) \{)[^}]*\}/, '$1}')
      if (constant === code) this.error('svelte keeps `hydrating` elsewhere now')
      return constant
    },
  },
}

export default defineConfig({
  base: '/munpae/',
  plugins: [catalogue, noHydration, svelte(), svelteTesting()],
  // public/.gitkeep is copied into dist, which Go embeds even before a build.
  publicDir: 'public',
  build: {
    target: ['safari17.5', 'chrome123'],
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the CSP allows no inline script or style
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
  },
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'] },
})
