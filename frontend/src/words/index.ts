import type { Language } from '../state'
import { en } from './en'
import { ko, type Words } from './ko'

export const words: Record<Language, Words> = { ko, en }
