// Fails when the page's JavaScript and CSS together, gzipped, reach 40 kB, or when
// index.html holds a script or a style that the CSP would refuse.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 40_000
const dist = new URL('dist/', import.meta.url)
let total = 0
for (const name of readdirSync(new URL('assets/', dist))) {
  if (!/\.(js|css)$/.test(name)) continue
  const size = gzipSync(readFileSync(new URL(`assets/${name}`, dist)), { level: 9 }).length
  total += size
  console.log(`${name}: ${size} B gzipped`)
}
console.log(`together: ${total} B of ${limit}`)
const page = readFileSync(new URL('index.html', dist), 'utf8')
const inline = /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i.test(page)
if (inline) console.error('index.html holds an inline script or style')
if (total === 0 || total >= limit || inline) process.exit(1)
