// Korean particles that follow a word's last sound. app/internal/words/particle.go does the same;
// app/internal/words/testdata/particles.json holds both.

type Sound = 'open' | 'rieul' | 'closed' | 'unknown'

const digits: Sound[] = ['closed', 'rieul', 'open', 'closed', 'open', 'open', 'closed', 'rieul', 'rieul', 'open']

// For Latin words it is the usual reading, not a dictionary.
function lastSound(word: string): Sound {
  const w = word.toLowerCase().replace(/[^\p{L}\p{Nd}]+$/u, '')
  const last = w.at(-1)
  if (last === undefined) return 'unknown'
  const syllable = last.charCodeAt(0) - 0xac00
  if (syllable >= 0 && syllable < 11172) return syllable % 28 === 0 ? 'open' : syllable % 28 === 8 ? 'rieul' : 'closed'
  if (/[0-9]/.test(last)) return digits[+last]!
  if (!/[a-z]/.test(last)) return 'unknown'
  if (/le?$/.test(w)) return 'rieul'
  if (/([mn]e?|ng|ck|[aeiouy][ckpt])$/.test(w)) return 'closed'
  return 'open'
}

const forms: [written: string, closed: string, rieul: string, open: string][] = [
  ['을/를', '을', '을', '를'],
  ['이/가', '이', '이', '가'],
  ['은/는', '은', '은', '는'],
  ['과/와', '과', '과', '와'],
  ['(으)로', '으로', '로', '로'],
]

// With the particle that fits: withParticle('GitHub', '(으)로') is GitHub로. Without one, the word.
export function withParticle(word: string, written: string): string {
  const form = forms.find((f) => f[0] === written)
  const sound = lastSound(word)
  if (!form || sound === 'unknown') return word + written
  return word + form[sound === 'closed' ? 1 : sound === 'rieul' ? 2 : 3]
}

// How a provider is called in Korean.
export const called = (name: string) => (name === 'NAVER' ? '네이버' : name)
