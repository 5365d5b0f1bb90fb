import type { Language } from '../state'
import { en } from './en'
import { ko } from './ko'

// Every text of the window, typed by its key: a language that lacks one does not compile.
export type Words = typeof ko

export const words: Record<Language, Words> = { ko, en }
