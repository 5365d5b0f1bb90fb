// The words of recovery codes, in the languages of the window: they come with the
// screens that say them.
import type { Language } from '../../state'
import { fallback } from '..'
import { words as en } from './en'
import { words as ko, type RecoveryWords } from './ko'

export const all: Record<Language, RecoveryWords> = { ko, en }

export const recoveryWords = (l: Language): RecoveryWords => all[l] ?? all[fallback]!
