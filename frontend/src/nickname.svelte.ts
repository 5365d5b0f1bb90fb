// The live check of a nickname (docs/contract.md#nickname-words): not while the input method composes,
// 150 ms after the last change, the newest answer wins.
import type { NicknameAnswer } from './state'

export const checkDelay = 150
// How long a key of the input method may stay down without its keyup being told.
export const keyDelay = 1000

// A nickname without the white space around it: that is what Go judges and keeps.
export const tidy = (text: string): string => text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '')

export class NicknameCheck {
  text = $state('')
  composing = $state(false)
  #answer = $state.raw<NicknameAnswer | null>(null)
  #round = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #waiting = false // #timer is yet to fire
  #pressed = false // the input method has the key that is down

  constructor(private readonly ask: (text: string) => Promise<NicknameAnswer>) {}

  // The answer on screen: only ever the one for exactly the text in the entry.
  answer = $derived(this.#answer !== null && !this.composing && this.#answer.text === this.text ? this.#answer : null)
  free = $derived(this.answer?.code === 'available')

  type(text: string): void {
    this.text = text
    this.#later()
  }

  // Shows what remains, when the person is done with the entry: while they type, the
  // space in 홍 길동 comes last for a moment.
  tidy(): void {
    const text = tidy(this.text)
    if (this.composing || text === this.text) return
    const answer = this.answer
    if (!answer) return this.type(text)
    this.text = text // Go has judged exactly this
    this.#answer = { ...answer, text }
  }

  compose(): void {
    this.composing = true
    this.#answer = null // the Enter that ends it comes as any other, and finds no answer of before
    this.#later()
  }

  composed(text: string): void {
    this.composing = false
    this.type(text)
  }

  // A key between two syllables ends one composition and begins the next, and
  // IBus takes its time in between: nothing is finished before the key is up.
  press(): void {
    this.#pressed = true
  }

  release(): void {
    if (!this.#pressed) return
    this.#pressed = false
    if (this.#waiting) this.#later()
  }

  // An answer that came another way: what the act itself said.
  learn(answer: NicknameAnswer): void {
    this.#round++
    this.#answer = answer
  }

  stop(): void {
    this.#round++
    this.#waiting = false
    clearTimeout(this.#timer)
  }

  #later(): void {
    this.stop()
    if (this.composing || this.text === '') return
    const round = this.#round
    const text = this.text
    this.#waiting = true
    this.#timer = setTimeout(
      async () => {
        this.#waiting = false
        const answer = await this.ask(text).catch((e: { code?: string }) => ({ text, code: e.code ?? 'internal', proposals: [] }))
        if (round === this.#round) this.#answer = answer
      },
      this.#pressed ? keyDelay : checkDelay,
    )
  }
}
