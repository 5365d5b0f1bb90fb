// The words of the account screen and of merging, in the languages of the window: they
// come with the screens that say them.
import type { Language } from '../../state'
import { fallback } from '..'
import { words as en } from './en'
import { words as ko, type AccountWords } from './ko'

export const all: Record<Language, AccountWords> = { ko, en }

export const accountWords = (l: Language): AccountWords => all[l] ?? all[fallback]!
