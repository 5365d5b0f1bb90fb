// The window's languages: one file each, beside this one, and one for Go in
// app/internal/words. Only the language on screen is loaded.
import { languages } from 'virtual:languages'
import type { Language } from '../state'
import type { Words } from './ko'

export { languages }
export type { Words }

const files = import.meta.glob<{ words: Words }>(['./*.ts', '!./index.ts'])
const loaded = new Map<Language, Words>()

// The language that stands in for one that has no file: Go's default.
export const fallback: Language = 'ko'

export const has = (l: Language): boolean => Object.hasOwn(files, `./${l}.ts`)

// The words of a language, if they are loaded.
export const spoken = (l: Language): Words | undefined => loaded.get(l)

export async function learn(l: Language): Promise<Words> {
  const known = loaded.get(l)
  if (known) return known
  const { words } = await files[`./${l}.ts`]!()
  loaded.set(l, words)
  return words
}
