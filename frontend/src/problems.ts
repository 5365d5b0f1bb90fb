import { codes, labels } from 'virtual:catalogue'
import { dateInWords } from './dates'
import { fill } from './particle'
import type { Language, Params } from './state'

export type Action =
  | 'try_again'
  | 'check'
  | 'copy_link'
  | 'use_device_code'
  | 'new_code'
  | 'settings_folder'
  | 'share_email'
  | 'sign_in_again'
  | 'restore_backup'
  | 'quit'
  | 'dismiss'

export interface Said {
  happened: string
  next: string
  button: string
  action: Action
}

// The words for a code; an unknown one reads as internal, as in app.Say.
export function say(language: Language, code: string, params: Params = {}): Said {
  const [action, ...sentences] = codes[isKnown(code) ? code : 'internal']!
  const english = language === 'en' ? 1 : 0
  const values = params.date ? { ...params, date: dateInWords(language, Date.parse(params.date)) } : params
  const put = (i: number) => fill(sentences[i]!, values, !english)
  return {
    happened: put(english * 2),
    next: put(english * 2 + 1).replace(' 1 minutes', ' 1 minute'),
    button: labels[action!]![english]!,
    action: action as Action,
  }
}

export const isKnown = (code: string): boolean => Object.hasOwn(codes, code)
