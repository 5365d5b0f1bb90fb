// A sentence's values, as app/internal/words/fill.go puts them in: {name},
// {minutes, plural, one {…} other {…}}, {until, time}, {again, date} and
// {reason, setting}, with the Korean particle that follows.
import { clockInWords, dateInWords } from './dates'
import type { Params } from './state'
import type { Words } from './words'

// One language's sentences.
export interface Catalogue {
  // By action: the button's label.
  labels: Record<string, string>
  // By code: action, what happened, what to do.
  codes: Record<string, [action: string, happened: string, next: string]>
  // What is wrong with a setting, and where it stands.
  settings: Record<string, string>
}

const placeholder = /\{([a-z_]+)(?:, (plural|date|time|setting)(?:,((?: [a-z]+ \{[^{}]*\})+))?)?\}(을\/를|이\/가|은\/는|과\/와|\(으\)로)?/g

// Every placeholder once, in one pass; one without a value stays.
export function fill(w: Words, text: string, params: Params): string {
  return text.replace(placeholder, (whole, name: string, kind: string | undefined, forms: string | undefined, particle = '') => {
    const value = Object.hasOwn(params, name) ? params[name]! : undefined
    return value === undefined ? whole : w.withParticle(filled(w, value, kind, forms, params), particle as string)
  })
}

function filled(w: Words, value: string, kind: string | undefined, forms = '', params: Params): string {
  const at = Date.parse(value)
  switch (kind) {
    case 'plural': {
      const all = new Map([...forms.matchAll(/([a-z]+) \{([^{}]*)\}/g)].map((m) => [m[1], m[2]!]))
      const form = all.get(new Intl.PluralRules(w.locale).select(+value)) ?? all.get('other') ?? ''
      return form.replaceAll('#', value)
    }
    case 'date':
      return isNaN(at) ? value : dateInWords(w.locale, at)
    case 'time':
      return isNaN(at) ? value : clockInWords(w.locale, at)
    case 'setting': {
      const text = w.said.settings[value]
      return text === undefined ? value : fill(w, text, params)
    }
    default:
      return w.called(value)
  }
}
