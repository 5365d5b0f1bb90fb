// The page with the fixtures, built as the window's is and shown in a real Chromium that is
// told what a desktop would tell it.
import { spawn, type ChildProcess } from 'node:child_process'
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { inflateSync } from 'node:zlib'

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

export interface Shown {
  scene: string
  language?: 'ko' | 'en'
  theme?: 'light' | 'dark'
  width?: number
  height?: number
  // prefers-contrast, forced-colors, prefers-reduced-motion, by their values.
  media?: Record<string, string>
}

export class Chromium {
  #dir = mkdtempSync(join(tmpdir(), 'munpae-page-'))
  #server!: Server
  #child!: ChildProcess
  #waiting = new Map<number, { resolve: (v: any) => void; reject: (e: Error) => void }>()
  #last = 0
  #session = ''
  #scripts: string[] = []

  // Every page that is shown runs these first.
  async open(...scripts: string[]): Promise<void> {
    this.#scripts = scripts
    this.#server = createServer((request, response) => {
      const file = join('../build/bin/look', new URL(request.url!, 'http://localhost').pathname.replace('/munpae/', '/'))
      if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end()
      response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' })
      createReadStream(file).pipe(response)
    })
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update']
    this.#child = spawn('chromium', [...flags, `--user-data-dir=${join(this.#dir, 'profile')}`, '--remote-debugging-pipe', 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    this.#child.on('exit', () => this.#waiting.forEach((w) => w.reject(new Error('Chromium has ended'))))
    let rest = ''
    ;(this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\0')
      rest = parts.pop()!
      for (const part of parts) {
        const { id, result, error } = JSON.parse(part)
        const w = this.#waiting.get(id)
        this.#waiting.delete(id)
        if (error) w?.reject(new Error(error.message))
        else w?.resolve(result)
      }
    })
    // The tab that it opened itself: one more would be behind it, where nothing is drawn.
    let first: { targetId: string; type: string } | undefined
    while (!first) first = (await this.send('Target.getTargets')).targetInfos.find((t: { type: string }) => t.type === 'page')
    const { targetId } = first
    this.#session = (await this.send('Target.attachToTarget', { targetId, flatten: true })).sessionId
    await this.send('Page.enable')
    await this.send('Emulation.setFocusEmulationEnabled', { enabled: true })
    const told = `window.broken = []; for (const e of ['error', 'unhandledrejection']) addEventListener(e, (e) => broken.push(String((e.reason ?? e.error)?.stack)))`
    for (const source of [told, ...this.#scripts]) await this.send('Page.addScriptToEvaluateOnNewDocument', { source })
  }

  async close(): Promise<void> {
    this.#server?.close()
    if (this.#child?.exitCode === null) {
      const gone = new Promise((done) => this.#child.once('exit', done))
      await this.send('Browser.close').catch(() => this.#child.kill('SIGKILL'))
      await gone
    }
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 })
  }

  send(method: string, params: object = {}): Promise<any> {
    const id = ++this.#last
    const sessionId = this.#session && !/^(Target|Browser)\./.test(method) ? { sessionId: this.#session } : {}
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      ;(this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...sessionId })}\0`)
    })
  }

  // The value of an expression in the page, once it is there.
  async ask<T>(expression: string): Promise<T> {
    const { result, exceptionDetails: e } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (e) throw new Error(`${expression}: ${e.exception?.description ?? e.text}`)
    return result.value
  }

  async show({ scene, language = 'ko', theme = 'light', width = 440, height = 680, media = {} }: Shown): Promise<void> {
    const features = Object.entries({ 'prefers-color-scheme': theme, 'prefers-reduced-motion': 'reduce', ...media }).map(([name, value]) => ({ name, value }))
    await this.send('Emulation.setEmulatedMedia', { features })
    await this.resize(width, height)
    await this.send('Page.navigate', { url: 'about:blank' }) // another hash alone would load nothing
    const { port } = this.#server.address() as AddressInfo
    await this.send('Page.navigate', { url: `http://127.0.0.1:${port}/munpae/look.html#${scene},${language},${theme}` })
    // The screen is there, what it opens later too, and nothing changes any more: in a
    // dialog for longer than a check of what is written is put off.
    for (let before = '', same = 0; same < (before.includes('<dialog') ? 12 : 2);) {
      const [page, broken] = await this.ask<[string, string[]]>(
        `new Promise(done => setTimeout(() => done([document.querySelector('#app h1, #app button') ? document.body.innerHTML : '', window.broken ?? []]), 50))`,
      )
      if (broken.length) throw new Error(broken.join('\n'))
      same = page && page === before ? same + 1 : 0
      before = page
    }
  }

  // What is asked next is of a page that is laid out for it.
  async resize(width: number, height: number): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
  }

  async press(key: string, shift = false): Promise<void> {
    const codes: Record<string, number> = { Tab: 9, Enter: 13, Escape: 27, ' ': 32 }
    const event = {
      key,
      code: key === ' ' ? 'Space' : key,
      windowsVirtualKeyCode: codes[key],
      modifiers: shift ? 8 : 0,
      ...(key === 'Enter' ? { text: '\r' } : {}),
    }
    await this.send('Input.dispatchKeyEvent', { type: event.text ? 'keyDown' : 'rawKeyDown', ...event })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
  }

  async picture(): Promise<Picture> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' })
    return new Picture(Buffer.from(data, 'base64'))
  }
}

export type Colour = [number, number, number]

// A PNG of eight bits a channel, as Chromium writes it.
export class Picture {
  width: number
  height: number
  #at: (x: number, y: number) => Colour

  constructor(public png: Buffer) {
    this.width = png.readUInt32BE(16)
    this.height = png.readUInt32BE(20)
    const channels = { 2: 3, 6: 4 }[png[25]!]
    if (!channels || png[24] !== 8 || png[28] !== 0) throw new Error('not a picture of this kind')
    const parts: Buffer[] = []
    for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
      if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
    const raw = inflateSync(Buffer.concat(parts))
    const line = this.width * channels
    const out = Buffer.alloc(line * this.height)
    for (let y = 0; y < this.height; y++) {
      const filter = raw[y * (line + 1)]!
      for (let x = 0; x < line; x++) {
        const a = x >= channels ? out[y * line + x - channels]! : 0
        const b = y ? out[(y - 1) * line + x]! : 0
        const c = y && x >= channels ? out[(y - 1) * line + x - channels]! : 0
        const p = a + b - c
        const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)]
        const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c
        out[y * line + x] = raw[y * (line + 1) + 1 + x]! + [0, a, b, (a + b) >> 1, paeth][filter]!
      }
    }
    this.#at = (x, y) => [0, 1, 2].map((i) => out[y * line + x * channels + i]!) as Colour
  }

  at(x: number, y: number): Colour {
    return this.#at(Math.round(x), Math.round(y))
  }
}

function luminance(c: Colour): number {
  const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as Colour
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

// By WCAG 2.2.
export function contrast(a: Colour, b: Colour): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}
