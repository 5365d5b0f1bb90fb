// The tests find every language loaded, as the window finds its own.
import { beforeEach } from 'vitest'
import { ui } from '../src/ui.svelte'
import { languages, learn } from '../src/words'

for (const l of Object.keys(languages)) await learn(l)
beforeEach(() => ui.speak('ko'))
