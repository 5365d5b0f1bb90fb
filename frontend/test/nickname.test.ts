// The check that never lies (docs/contract.md#nickname-words).
import { fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBridge, scenes } from '../look/fixtures'
import { checkDelay, keyDelay, NicknameCheck } from '../src/nickname.svelte'
import Entry from '../src/parts/Entry.svelte'
import type { NicknameAnswer } from '../src/state'
import { ui } from '../src/ui.svelte'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const free = (text: string): NicknameAnswer => ({ text, code: 'available', proposals: [] })

describe('the check', () => {
  // Answers come when the test says so.
  function slow() {
    const asked: { text: string; answer: (a: NicknameAnswer) => void }[] = []
    const check = new NicknameCheck((text) => new Promise((answer) => asked.push({ text, answer })))
    return { asked, check }
  }
  const settle = () => vi.advanceTimersByTimeAsync(0)

  test('is asked once, 150 ms after the last change', async () => {
    const { asked, check } = slow()
    for (const text of ['o', 'oc', 'oct']) {
      check.type(text)
      await vi.advanceTimersByTimeAsync(checkDelay - 1)
    }
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(asked.map((a) => a.text)).toEqual(['oct'])
    expect(checkDelay).toBe(150)
  })

  test('an older answer that comes late is dropped', async () => {
    const { asked, check } = slow()
    check.type('one')
    await vi.advanceTimersByTimeAsync(checkDelay)
    check.type('two')
    await vi.advanceTimersByTimeAsync(checkDelay)
    asked[1]!.answer({ text: 'two', code: 'nickname_taken', proposals: [] })
    await settle()
    asked[0]!.answer(free('one'))
    await settle()
    expect(check.answer?.code).toBe('nickname_taken')
    expect(check.free).toBe(false)
  })

  test('an answer counts for exactly its text and for nothing typed since', async () => {
    const { asked, check } = slow()
    check.type('one')
    await vi.advanceTimersByTimeAsync(checkDelay)
    asked[0]!.answer(free('one'))
    await settle()
    expect(check.free).toBe(true)
    check.type('one ')
    expect(check.free).toBe(false)
    expect(check.answer).toBeNull()
  })

  test('an answer for another text than was asked frees nothing', async () => {
    const { asked, check } = slow()
    check.type('one')
    await vi.advanceTimersByTimeAsync(checkDelay)
    asked[0]!.answer(free('ONE'))
    await settle()
    expect(check.free).toBe(false)
  })

  test('nothing is asked while the input method composes, and the finished text once', async () => {
    const { asked, check } = slow()
    for (const [preedit, text] of [
      ['ㅎ', '홍'],
      ['홍ㄱ', '홍길'],
      ['홍길ㄷ', '홍길동'],
    ] as const) {
      check.compose()
      check.type(preedit)
      await vi.advanceTimersByTimeAsync(checkDelay * 3)
      check.composed(text)
    }
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect(asked.map((a) => a.text)).toEqual(['홍길동'])
  })

  test('nothing is asked between two syllables while the key that parts them is down', async () => {
    const { asked, check } = slow()
    check.compose()
    check.type('홍')
    check.press()
    check.composed('홍')
    await vi.advanceTimersByTimeAsync(checkDelay * 3)
    check.compose()
    check.type('홍ㄱ')
    check.release()
    await vi.advanceTimersByTimeAsync(keyDelay)
    expect(asked).toEqual([])
    check.press()
    check.composed('홍길')
    check.release()
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect(asked.map((a) => a.text)).toEqual(['홍길'])
    check.press()
    check.release()
    await vi.advanceTimersByTimeAsync(keyDelay)
    expect(asked).toHaveLength(1)
  })

  test('a keyup that never comes delays the check and does not lose it', async () => {
    const { asked, check } = slow()
    check.press()
    check.composed('홍길')
    await vi.advanceTimersByTimeAsync(keyDelay)
    expect(asked.map((a) => a.text)).toEqual(['홍길'])
  })

  test('an answer that comes during composition is not shown', async () => {
    const { asked, check } = slow()
    check.type('홍길')
    await vi.advanceTimersByTimeAsync(checkDelay)
    check.compose()
    asked[0]!.answer(free('홍길'))
    await settle()
    expect(check.answer).toBeNull()
  })

  test('an empty entry is not asked about', async () => {
    const { asked, check } = slow()
    check.type('a')
    check.type('')
    await vi.advanceTimersByTimeAsync(checkDelay * 2)
    expect(asked).toEqual([])
  })

  test('a check that fails is said and frees nothing', async () => {
    const check = new NicknameCheck(() => Promise.reject(new Error('gone')))
    check.type('one')
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect(check.answer?.code).toBe('internal')
    expect(check.free).toBe(false)
  })
})

describe('the entry', () => {
  let submitted: string[] = []
  let answer: NicknameAnswer | null = null
  function open(initial = '') {
    submitted = []
    answer = null
    const scene = scenes('en', 'light', 0).nickname!
    ui.bridge = fakeBridge({ ...scene, answer: { text: '', code: 'available', proposals: [] } }, 0)
    ui.show(scene.state)
    render(Entry, { initial, button: 'Start', onsubmit: async (text: string) => (submitted.push(text), answer) })
    return {
      entry: screen.getByRole('textbox', { name: 'Nickname' }) as HTMLInputElement,
      start: screen.getByRole('button', { name: 'Start' }) as HTMLButtonElement,
    }
  }
  const type = (entry: HTMLInputElement, text: string) => fireEvent.input(entry, { target: { value: text } })

  test('Start is enabled only for the text that was checked', async () => {
    const { entry, start } = open()
    expect(start.disabled).toBe(true)
    await type(entry, 'octocat')
    expect(start.disabled).toBe(true)
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect(start.disabled).toBe(false)
    expect(screen.getByRole('status').textContent).toBe('This nickname is free')
    await type(entry, 'octocats')
    expect(start.disabled).toBe(true)
    expect(screen.getByRole('status').textContent).toBe('')
  })

  test('a space at the end is seen to go when the entry is left, not while 홍 길동 is typed', async () => {
    const { entry, start } = open()
    await type(entry, '홍 ')
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect(entry.value).toBe('홍 ')
    await type(entry, '홍 길동 ')
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect([entry.value, start.disabled]).toEqual(['홍 길동 ', false])
    await fireEvent.blur(entry)
    expect([entry.value, start.disabled]).toEqual(['홍 길동', false]) // the press that leaves the entry still counts
    await fireEvent.submit(entry.form!)
    expect(submitted).toEqual(['홍 길동'])
  })

  test('a paste comes without the white space around it', async () => {
    const { entry, start } = open()
    entry.value = '\u00a0 octocat\t\u3000'
    await fireEvent(entry, new InputEvent('input', { inputType: 'insertFromPaste', bubbles: true }))
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect([entry.value, start.disabled]).toEqual(['octocat', false])
  })

  test('Start makes a nickname without the white space around it, and shows it', async () => {
    const { entry } = open()
    await type(entry, ' octocat ')
    await vi.advanceTimersByTimeAsync(checkDelay)
    await fireEvent.submit(entry.form!)
    expect([submitted, entry.value]).toEqual([['octocat'], 'octocat'])
  })

  test('a syllable under composition is left alone', async () => {
    const { entry } = open()
    await fireEvent.compositionStart(entry)
    await type(entry, '홍길 ')
    await fireEvent.blur(entry)
    expect(entry.value).toBe('홍길 ')
  })

  test('the proposal that it starts with is checked at once', async () => {
    const { start } = open('octocat')
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect(start.disabled).toBe(false)
  })

  test('Enter submits the checked text once', async () => {
    const { entry } = open('octocat')
    await vi.advanceTimersByTimeAsync(checkDelay)
    await fireEvent.submit(entry.form!)
    expect(submitted).toEqual(['octocat'])
  })

  test('a submit before the answer is refused', async () => {
    const { entry } = open()
    await type(entry, 'octocat')
    await fireEvent.submit(entry.form!)
    expect(submitted).toEqual([])
  })

  test("Enter during composition is the input method's", async () => {
    const { entry } = open('홍길')
    await vi.advanceTimersByTimeAsync(checkDelay)
    await fireEvent.compositionStart(entry)
    const composing = !(await fireEvent.keyDown(entry, { key: 'Enter', isComposing: true }))
    const own = !(await fireEvent.keyDown(entry, { key: 'Enter' }))
    await fireEvent.submit(entry.form!)
    expect([composing, own]).toEqual([true, true])
    expect(submitted).toEqual([])
    await fireEvent.compositionEnd(entry)
    expect(await fireEvent.keyDown(entry, { key: 'Enter', keyCode: 229 })).toBe(false)
    expect(await fireEvent.keyDown(entry, { key: 'Enter' })).toBe(true)
    await fireEvent.submit(entry.form!) // of the same moment, as WebKitGTK passes it on
    expect(submitted).toEqual([])
    await vi.advanceTimersByTimeAsync(checkDelay)
    await fireEvent.submit(entry.form!)
    expect(submitted).toEqual(['홍길'])
  })

  test('what the act itself answers stands beside the entry', async () => {
    const { entry, start } = open('octocat')
    await vi.advanceTimersByTimeAsync(checkDelay)
    answer = { text: 'octocat', code: 'nickname_just_taken', proposals: ['octocat2'] }
    start.focus()
    await fireEvent.submit(entry.form!)
    await vi.advanceTimersByTimeAsync(0)
    expect(screen.getByRole('status').textContent).toBe('Somebody has just taken this nickname')
    expect(document.activeElement).toBe(entry)
    expect(start.disabled).toBe(true)
    await fireEvent.click(screen.getByRole('button', { name: 'octocat2' }))
    expect(entry.value).toBe('octocat2')
    await vi.advanceTimersByTimeAsync(checkDelay)
    expect(start.disabled).toBe(false)
  })
})
