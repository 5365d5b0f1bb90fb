import { mergeConfig } from 'vite'
import page from './vite.config'

// look.html, built as the page is, for the tests that show it to a real browser.
export default mergeConfig(page, {
  build: { outDir: '../build/bin/look', emptyOutDir: true, rolldownOptions: { input: 'look.html', output: { codeSplitting: false } } },
})
