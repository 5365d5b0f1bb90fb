// The words of several accounts, in the languages of the window: they come with the
// screens that say them.
import type { Language } from '../../state'
import { fallback } from '..'
import { words as en } from './en'
import { words as ko, type SeveralWords } from './ko'

export const all: Record<Language, SeveralWords> = { ko, en }

export const severalWords = (l: Language): SeveralWords => all[l] ?? all[fallback]!
