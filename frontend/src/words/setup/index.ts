// The words of the set-up screen, in the languages of the window: they come with it.
import type { Language } from '../../state'
import { fallback } from '..'
import { words as en } from './en'
import { words as ko, type SetupWords } from './ko'

export const all: Record<Language, SetupWords> = { ko, en }

export const setupWords = (l: Language): SetupWords => all[l] ?? all[fallback]!
