import { fill } from './fill'
import type { Params } from './state'
import type { Words } from './words'

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
  | 'accounts'
  | 'correct'
  | 'swap'
  | 'english'
  | 'dismiss'

export interface Said {
  happened: string
  next: string
  button: string
  action: Action
}

// The words for a code; an unknown one reads as internal, as in words.Say.
export function say(w: Words, code: string, params: Params = {}): Said {
  const { codes, labels } = w.said
  const [action, happened, next] = codes[isKnown(w, code) ? code : 'internal']!
  return { happened: fill(w, happened, params), next: fill(w, next, params), button: labels[action]!, action: action as Action }
}

export const isKnown = (w: Words, code: string): boolean => Object.hasOwn(w.said.codes, code)
