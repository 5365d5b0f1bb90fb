// Times in words, in the person's own zone and as their language writes them.

// Making a formatter costs more than using it a hundred times.
const made = new Map<string, Intl.DateTimeFormat>()
function format(locale: string, options: Intl.DateTimeFormatOptions, at: number): string {
  const key = locale + JSON.stringify(options)
  let f = made.get(key)
  if (!f) made.set(key, (f = new Intl.DateTimeFormat(locale, options)))
  return f.format(at)
}

// 12월 24일, 24 December; with the year where it is not this one.
export function dateInWords(locale: string, at: number, now = Date.now()): string {
  const another = new Date(at).getFullYear() !== new Date(now).getFullYear()
  return format(locale, { month: 'long', day: 'numeric', ...(another && { year: 'numeric' }) }, at)
}

// 14:05
export const clockInWords = (locale: string, at: number): string => format(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, at)

// With hour and minute, for the timeline.
export const timeInWords = (locale: string, at: number, now = Date.now()): string => `${dateInWords(locale, at, now)} ${clockInWords(locale, at)}`

const units: [ms: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
]

// 3일 전, 3 days ago; null for less than a minute, or a time to come.
export function ago(locale: string, at: number, now = Date.now()): string | null {
  for (const [ms, unit] of units) {
    const n = Math.floor((now - at) / ms)
    if (n >= 1) return new Intl.RelativeTimeFormat(locale).format(-n, unit)
  }
  return null
}
