// Every screen once, Korean and by day, in a real browser: what of page.test.ts the whole
// of build/test.sh runs, too.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { beyond, chromium, findings, keep, names, open, small, unwritten } from './checks'

beforeAll(open)
afterAll(() => chromium.close())

test.each(names)('axe finds nothing on %s, what is pressed is 44 pixels high and wide, and at 320 nothing is cut off', async (scene) => {
  await chromium.show({ scene })
  expect(await findings()).toEqual([])
  expect(await unwritten()).toEqual([])
  expect(await small()).toEqual([])
  await chromium.resize(320, 640)
  await keep(`320-${scene}-ko`)
  expect(await beyond()).toEqual([])
})
