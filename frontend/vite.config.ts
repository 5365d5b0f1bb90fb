import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = fileURLToPath(new URL('.', import.meta.url))
// What codes and settings say stands in app/internal/words, a file for each language.
// virtual:said/ko is the Korean one as the window needs it; virtual:languages lists them.
const words = new URL('../app/internal/words/', import.meta.url)
// What only the browser's pages and native windows say stays out of it.
const elsewhere = [
  ...['signin_replaced', 'state_mismatch', 'browser_mismatch', 'cookies_blocked', 'signin_done'],
  ...['no_display', 'running_elsewhere', 'running_far', 'not_answering', 'no_home', 'webview_missing'],
]
const catalogue: Plugin = {
  name: 'catalogue',
  resolveId: (id) => (/^virtual:(languages$|said\/)/.test(id) ? `\0${id}` : null),
  load(id) {
    const read = (name: string) => {
      const path = fileURLToPath(new URL(`${name}.json`, words))
      this.addWatchFile(path)
      return JSON.parse(readFileSync(path, 'utf8')) as unknown
    }
    if (id === '\0virtual:languages') {
      const tags = readdirSync(words)
        .filter((f) => f.endsWith('.json') && f !== 'actions.json')
        .map((f) => f.slice(0, -5))
      const names = tags.sort((a, b) => Number(b === 'ko') - Number(a === 'ko')).map((t) => [t, (read(t) as { name: string }).name])
      return `export const languages=${JSON.stringify(Object.fromEntries(names))}`
    }
    if (!id.startsWith('\0virtual:said/')) return
    const said = read(id.slice('\0virtual:said/'.length)) as Said
    const codes = Object.entries(read('actions') as Record<string, string>)
      .filter(([code]) => !elsewhere.includes(code))
      .map(([code, action]) => {
        const { happened, next = '' } = said.problems[code]!
        return [code, [action, happened, next]]
      })
    return `export default${JSON.stringify({ labels: said.actions, codes: Object.fromEntries(codes), settings: said.settings })}`
  },
}

interface Said {
  actions: Record<string, string>
  problems: Record<string, { happened: string; next?: string }>
  settings: Record<string, string>
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

// What an import() asks for brings its own with it: one file of styles, and nothing that
// would be fetched ahead. Vite's helper for that is left out.
const noPreload: Plugin = {
  name: 'no-preload',
  apply: 'build',
  transform: {
    filter: { id: /vite\/preload-helper/ },
    handler: () => 'export const __vitePreload = (load) => load()',
  },
}

export default defineConfig({
  base: '/munpae/',
  plugins: [catalogue, noHydration, noPreload, svelte(), svelteTesting()],
  publicDir: 'public',
  build: {
    target: ['safari17.5', 'chrome123'],
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the CSP allows no inline script or style
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    // What a screen that is opened later shares with the first one stays in one file:
    // in two it would be a tenth larger.
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              name: 'page',
              test: (id) =>
                !/words\/|\0virtual:said|attend|several|screens\/(Account|Add|Check|Codes|Link|Merge|Receipt|Recover|Setup)|parts\/(AccountsHere|Offer|Others)/.test(
                  id.replace(here, ''), // whatever the folder is called that all this lies in
                ),
            },
          ],
        },
      },
    },
  },
  // The time bounds a failure and measures nothing: longer than whatever test/setup.ts waits for.
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'], setupFiles: ['test/setup.ts'], testTimeout: 60_000 },
})
