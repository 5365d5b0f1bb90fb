// Fails when what the first screen loads, its JavaScript with the largest language
// and the CSS, gzipped, reaches 40 kB, or when index.html holds a script or a style
// that the CSP would refuse.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 40_000
const dist = new URL('dist/', import.meta.url)
const page = readFileSync(new URL('index.html', dist), 'utf8')
const languages = readdirSync(new URL('../app/internal/words/', import.meta.url))
  .filter((f) => f.endsWith('.json'))
  .map((f) => f.slice(0, -5))
const first = new Set([...page.matchAll(/assets\/[\w.-]+\.(?:js|css)/g)].map((m) => m[0]))
let total = 0
let words = 0
for (const name of readdirSync(new URL('assets/', dist))) {
  if (!/\.(js|css)$/.test(name)) continue
  const text = readFileSync(new URL(`assets/${name}`, dist))
  const size = gzipSync(text, { level: 9 }).length
  const language = languages.some((l) => name.startsWith(`${l}-`))
  if (language) words = Math.max(words, size)
  else if (first.has(`assets/${name}`)) {
    total += size
    // What the entry imports statically comes with it.
    for (const m of text.toString().matchAll(/(?:from|import)"\.\/([\w.-]+\.js)"/g)) {
      const path = `assets/${m[1]}`
      if (first.has(path)) continue
      first.add(path)
      total += gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length
    }
  }
  console.log(`${name}: ${size} B gzipped${language ? ', when its language is on screen' : first.has(`assets/${name}`) ? '' : ', when it is opened'}`)
}
total += words
console.log(`the first screen: ${total} B of ${limit}`)
const inline = /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i.test(page)
if (inline) console.error('index.html holds an inline script or style')
if (words === 0 || total >= limit || inline) process.exit(1)
