// The tests find every language loaded, as the window finds its own.
import { configure } from '@testing-library/svelte'
import { beforeEach } from 'vitest'
import { ui } from '../src/ui.svelte'
import { has, languages, learn } from '../src/words'

configure({ asyncUtilTimeout: 10_000 }) // what is waited for comes on a busy machine, too
for (const l of Object.keys(languages)) if (has(l)) await learn(l) // words.test.ts names one that lacks its file
beforeEach(() => ui.speak('ko'))
