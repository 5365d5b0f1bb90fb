// Dates in words, by hand: loading a locale's formatter costs more than the whole
// first screen.
import type { Language } from './state'

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

// 12월 24일, 24 December; with the year where it is not this one.
export function dateInWords(language: Language, at: number, now = Date.now()): string {
  const d = new Date(at)
  const year = d.getFullYear() === new Date(now).getFullYear() ? '' : String(d.getFullYear())
  if (language === 'ko') return `${year && `${year}년 `}${d.getMonth() + 1}월 ${d.getDate()}일`
  return `${d.getDate()} ${months[d.getMonth()]}${year && ` ${year}`}`
}

// With hour and minute, for the timeline.
export function timeInWords(language: Language, at: number, now = Date.now()): string {
  const d = new Date(at)
  const clock = `${String(d.getHours()).padStart(2, '0')}:${String(d.getMinutes()).padStart(2, '0')}`
  return `${dateInWords(language, at, now)} ${clock}`
}

const units: [ms: number, ko: string, en: string][] = [
  [86_400_000, '일', 'day'],
  [3_600_000, '시간', 'hour'],
  [60_000, '분', 'minute'],
]

// 3일 전, 3 days ago; null for less than a minute, or a time to come.
export function ago(language: Language, at: number, now = Date.now()): string | null {
  for (const [ms, ko, en] of units) {
    const n = Math.floor((now - at) / ms)
    if (n >= 1) return language === 'ko' ? `${n}${ko} 전` : `${n} ${en}${n === 1 ? '' : 's'} ago`
  }
  return null
}
