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
const texts = new Map()
for (const name of readdirSync(new URL('assets/', dist))) {
  if (/\.(js|css)$/.test(name)) texts.set(`assets/${name}`, readFileSync(new URL(`assets/${name}`, dist)))
}
// What one of them imports statically comes with it.
for (const path of first) {
  for (const m of texts
    .get(path)
    .toString()
    .matchAll(/(?:from|import)"\.\/([\w.-]+\.js)"/g))
    first.add(`assets/${m[1]}`)
}
let total = 0
let words = 0
for (const [path, text] of texts) {
  const name = path.slice('assets/'.length)
  const size = gzipSync(text, { level: 9 }).length
  const language = languages.some((l) => name.startsWith(`${l}-`))
  if (language) words = Math.max(words, size)
  else if (first.has(path)) total += size
  console.log(`${name}: ${size} B gzipped${language ? ', when its language is on screen' : first.has(path) ? '' : ', when it is opened'}`)
}
total += words
console.log(`the first screen: ${total} B of ${limit}`)
const inline = /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i.test(page)
if (inline) console.error('index.html holds an inline script or style')
if (words === 0 || total >= limit || inline) process.exit(1)
