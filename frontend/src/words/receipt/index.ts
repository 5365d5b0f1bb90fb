// The words of the receipt of a deleted account, in the languages of the window: they come with the
// screens that say them.
import type { Language } from '../../state'
import { fallback } from '..'
import { words as en } from './en'
import { words as ko, type ReceiptWords } from './ko'

export const all: Record<Language, ReceiptWords> = { ko, en }

export const receiptWords = (l: Language): ReceiptWords => all[l] ?? all[fallback]!
