// The page's one road out: the session at load, renewal, and Go's states in order.
import { describe, expect, test, vi } from 'vitest'
import { Connection, Refusal } from '../src/bridge'
import type { Home, State } from '../src/state'

const signedIn = {
  user: { id: 'u', nickname: '홍길동', created_at: 1 },
  session: { id: 's', provider: 'github', account: 'octocat', created_at: 1, confirmed_at: 2, offline_until: 3 },
}
const state = (seq: number, step: State['step'] = 'signed_out', more: Partial<State> = {}): State => ({
  seq,
  step,
  demo: false,
  language: 'ko',
  theme: 'system',
  providers: [],
  ...more,
})

type Answer = [status: number, body: unknown]

function open(routes: Record<string, Answer | (() => Answer | Promise<Answer>)>, options: { wails?: boolean; first?: State | Promise<State> } = {}) {
  const requests: { line: string; init: RequestInit | undefined }[] = []
  const fetch = vi.fn(async (path: string, init?: RequestInit) => {
    const line = `${init?.method ?? 'GET'} ${path}`
    requests.push({ line, init })
    const r = routes[line]
    if (!r) throw new TypeError('no route')
    const [status, body] = typeof r === 'function' ? await r() : r
    return new Response(status === 204 ? null : JSON.stringify(body), { status })
  })
  let emit: (s: State) => void = () => undefined
  const replaced: string[] = []
  const failed: string[] = []
  const bound: Record<string, unknown> = {
    State: async () => options.first ?? state(0, 'starting'),
    Failed: async (what: string) => (failed.push(what), { code: 'internal', support: 'K7-41' }),
  }
  const host = {
    location: { pathname: '/munpae/boot' },
    history: { replaceState: (_: unknown, __: string, url: string) => replaced.push(url) },
    document: { readyState: 'complete', addEventListener: () => undefined },
    go: options.wails === false ? undefined : { munpae: { Bridge: bound } },
    runtime: { EventsOn: (_: string, f: (s: State) => void) => ((emit = f), () => undefined), Quit: () => undefined },
  } as unknown as Window
  const seen: (State | 'outside' | Home)[] = []
  const connection = new Connection(host, fetch as unknown as typeof globalThis.fetch, {
    state: (s) => seen.push(s),
    home: (h) => seen.push(h),
    outside: () => seen.push('outside'),
  })
  return { connection, failed, requests, lines: () => requests.map((r) => r.line), seen, bound, replaced, emit: (s: State) => emit(s) }
}

describe('at load', () => {
  test('the boot token leaves the address before anything is asked', async () => {
    const p = open({ 'GET /munpae/session': [200, signedIn] })
    await p.connection.start()
    expect(p.replaced).toEqual(['/munpae/'])
    expect(p.lines()).toEqual(['GET /munpae/session'])
  })

  test('home is shown as soon as the session answers, without waiting for Wails', async () => {
    const p = open({ 'GET /munpae/session': [200, signedIn] }, { first: new Promise<State>(() => undefined) })
    void p.connection.start()
    await vi.waitFor(() => expect(p.seen).toMatchObject([{ nickname: '홍길동', name: 'GitHub', account: 'octocat', confirmed_at: 2, offline_until: 3 }]))
  })

  test('Go is asked once the words are here: it takes who asks for a page that runs, and sees to one that does not', async () => {
    let come: () => void = () => undefined
    const p = open({ 'GET /munpae/session': [200, signedIn] }, { first: state(1, 'signed_in') })
    const ask = vi.spyOn(p.bound as { State: () => unknown }, 'State')
    void p.connection.start(new Promise((done) => (come = done)))
    await vi.waitFor(() => expect(p.seen).toHaveLength(1)) // home, from the session
    expect(ask).not.toHaveBeenCalled()
    come()
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1))
    const q = open({ 'GET /munpae/session': [200, signedIn] })
    const never = vi.spyOn(q.bound as { State: () => unknown }, 'State')
    await expect(q.connection.start(Promise.reject(new Error('status 403')))).rejects.toThrow('403')
    expect(never).not.toHaveBeenCalled()
  })

  test('a state asked for before the session answered does not take home away', async () => {
    let first: (s: State) => void = () => undefined
    const p = open({ 'GET /munpae/session': [200, signedIn] }, { first: new Promise<State>((f) => (first = f)) })
    const started = p.connection.start()
    await vi.waitFor(() => expect(p.seen).toHaveLength(1))
    first(state(0, 'starting'))
    await started
    expect(p.seen).toHaveLength(1)
    p.emit(state(1, 'signed_in'))
    expect(p.seen).toHaveLength(2)
  })

  test.each(['session_none', 'session_access_expired'])('%s is answered by one refresh', async (code) => {
    const p = open({ 'GET /munpae/session': [401, { code }], 'POST /munpae/session/refresh': [200, signedIn] })
    await p.connection.start()
    expect(p.lines()).toEqual(['GET /munpae/session', 'POST /munpae/session/refresh'])
    expect(p.seen.at(-1)).toMatchObject({ nickname: '홍길동' })
  })

  test('an ended session is not refreshed', async () => {
    const p = open({ 'GET /munpae/session': [401, { code: 'session_revoked' }] })
    await p.connection.start()
    expect(p.lines()).toEqual(['GET /munpae/session'])
  })

  test('nobody signed in shows what Go says and no more', async () => {
    const p = open(
      { 'GET /munpae/session': [401, { code: 'session_none' }], 'POST /munpae/session/refresh': [401, { code: 'session_none' }] },
      { first: state(4) },
    )
    await p.connection.start()
    expect(p.seen).toEqual([state(4)])
    expect(p.lines()).toEqual(['GET /munpae/session', 'POST /munpae/session/refresh'])
  })

  test('without Wails the page says so, and home comes from the session alone', async () => {
    const p = open({ 'GET /munpae/session': [200, signedIn] }, { wails: false })
    await p.connection.start()
    expect(p.seen).toContain('outside')
    expect(p.seen).toContainEqual(expect.objectContaining({ nickname: '홍길동' }))
    await expect(p.connection.signIn('github')).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('states', () => {
  test('an older one is dropped', async () => {
    const p = open({ 'GET /munpae/session': [401, { code: 'session_revoked' }] }, { first: state(7) })
    await p.connection.start()
    p.emit(state(9, 'waiting'))
    p.emit(state(8, 'signed_out'))
    p.emit(state(10, 'signed_out'))
    expect(p.seen.map((s) => (s as State).seq)).toEqual([7, 9, 10])
  })

  test('an event that overtakes the first State stands', async () => {
    let first: (s: State) => void = () => undefined
    const p = open({ 'GET /munpae/session': [401, { code: 'session_revoked' }] }, { first: new Promise<State>((f) => (first = f)) })
    const started = p.connection.start()
    await vi.waitFor(() => expect(p.lines()).toHaveLength(1))
    p.emit(state(3, 'waiting'))
    first(state(2))
    await started
    expect(p.seen.map((s) => (s as State).seq)).toEqual([3])
  })

  test('an unclaimed session is claimed once', async () => {
    const p = open({ 'GET /munpae/session': [401, { code: 'session_revoked' }], 'POST /munpae/session': [200, signedIn] })
    await p.connection.start()
    p.emit(state(1, 'signed_in', { unclaimed: true }))
    p.emit(state(2, 'signed_in', { unclaimed: true }))
    await vi.waitFor(() => expect(p.lines()).toContain('POST /munpae/session'))
    p.emit(state(3, 'signed_in'))
    expect(p.lines().filter((l) => l === 'POST /munpae/session')).toHaveLength(1)
    p.emit(state(4, 'signed_in', { unclaimed: true }))
    await vi.waitFor(() => expect(p.lines().filter((l) => l === 'POST /munpae/session')).toHaveLength(2))
  })

  test('a claim that failed is tried again once its notice is gone, and not before', async () => {
    const busy = { code: 'database_busy' }
    let answer: Answer = [503, busy]
    const p = open({
      'GET /munpae/session': [401, { code: 'session_none' }],
      'POST /munpae/session/refresh': [401, { code: 'session_none' }],
      'POST /munpae/session': () => answer,
    })
    const claims = () => p.lines().filter((l) => l === 'POST /munpae/session').length
    await p.connection.start()
    p.emit(state(1, 'signed_in', { unclaimed: true }))
    await vi.waitFor(() => expect(claims()).toBe(1))
    await p.connection.signOut().catch(() => undefined) // waits for the claim
    answer = [200, signedIn]
    p.emit(state(2, 'signed_in', { unclaimed: true, problem: busy }))
    p.emit(state(3, 'signed_in', { unclaimed: true }))
    p.emit(state(4, 'signed_in', { unclaimed: true }))
    await vi.waitFor(() => expect(claims()).toBe(2))
    await p.connection.signOut().catch(() => undefined)
    p.emit(state(5, 'signed_in'))
    expect(claims()).toBe(2)
  })

  test('what needs the session waits for a claim in flight', async () => {
    let claimed: (a: Answer) => void = () => undefined
    const p = open({
      'GET /munpae/session': [401, { code: 'session_revoked' }],
      'POST /munpae/session': () => new Promise<Answer>((f) => (claimed = f)),
      'GET /munpae/me/events': [200, { events: [] }],
    })
    await p.connection.start()
    p.emit(state(1, 'signed_in', { unclaimed: true }))
    const events = p.connection.events()
    await Promise.resolve()
    expect(p.lines()).not.toContain('GET /munpae/me/events')
    claimed([200, signedIn])
    expect(await events).toEqual([])
  })
})

describe('in use', () => {
  test('requests that find the access token expired share one refresh and repeat once', async () => {
    let fresh = false
    const guarded = (body: unknown) => (): Answer => (fresh ? [200, body] : [401, { code: 'session_access_expired' }])
    const p = open({
      'GET /munpae/me/sessions': guarded({ sessions: [] }),
      'GET /munpae/me/events': guarded({ events: [] }),
      'GET /munpae/me/identities': guarded({ identities: [] }),
      'POST /munpae/session/refresh': async () => {
        await new Promise((done) => setTimeout(done, 5))
        fresh = true
        return [200, signedIn]
      },
    })
    await Promise.all([p.connection.sessions(), p.connection.events(), p.connection.identities()])
    expect(p.lines().filter((l) => l === 'POST /munpae/session/refresh')).toHaveLength(1)
    expect(p.lines()).toHaveLength(7)
  })

  test('a repeat that is refused again is not repeated', async () => {
    const p = open({ 'GET /munpae/me/events': [401, { code: 'session_access_expired' }], 'POST /munpae/session/refresh': [200, signedIn] })
    await expect(p.connection.events()).rejects.toMatchObject({ code: 'session_access_expired' })
    expect(p.lines()).toEqual(['GET /munpae/me/events', 'POST /munpae/session/refresh', 'GET /munpae/me/events'])
  })

  test('a failed refresh is what the request ends with, and the next one asks again', async () => {
    const p = open({ 'GET /munpae/me/events': [401, { code: 'session_none' }], 'POST /munpae/session/refresh': [401, { code: 'session_reused' }] })
    await expect(p.connection.events()).rejects.toMatchObject({ code: 'session_reused' })
    await expect(p.connection.events()).rejects.toMatchObject({ code: 'session_reused' })
    expect(p.lines().filter((l) => l === 'POST /munpae/session/refresh')).toHaveLength(2)
  })

  test('what changes something is JSON, what reads has no body', async () => {
    const p = open({
      'PATCH /munpae/me': [200, signedIn],
      'DELETE /munpae/session': [204, null],
      'GET /munpae/me/events': [200, { events: [] }],
      'DELETE /munpae/me/sessions/a%2Fb': [204, null],
    })
    await p.connection.rename('길동')
    await p.connection.signOut()
    await p.connection.endSession('a/b')
    await p.connection.events()
    expect(p.requests.map((r) => [r.line, r.init?.body, (r.init?.headers as Record<string, string>)['Content-Type']])).toEqual([
      ['PATCH /munpae/me', '{"nickname":"길동"}', 'application/json'],
      ['DELETE /munpae/session', '{}', 'application/json'],
      ['DELETE /munpae/me/sessions/a%2Fb', '{}', 'application/json'],
      ['GET /munpae/me/events', undefined, undefined],
    ])
  })

  test('a refusal carries code, params, support and proposals', async () => {
    const p = open({ 'PATCH /munpae/me': [409, { code: 'nickname_taken', params: { a: 'b' }, support: 'K7-41', proposals: ['길동2'] }] })
    const e = await p.connection.rename('길동').catch((e: unknown) => e)
    expect(e).toBeInstanceOf(Refusal)
    expect(e).toMatchObject({ code: 'nickname_taken', params: { a: 'b' }, support: 'K7-41', proposals: ['길동2'] })
  })

  test('an answer that is not ours, or none at all, is internal, with the support code that Go has in its log', async () => {
    const p = open({ 'GET /munpae/me/sessions': [502, { oops: true }] })
    await expect(p.connection.events()).rejects.toMatchObject({ code: 'internal', support: 'K7-41' })
    await expect(p.connection.sessions()).rejects.toMatchObject({ code: 'internal', support: 'K7-41' })
    expect(p.failed).toEqual(['request', 'request'])
    const beside = open({}, { wails: false })
    await expect(beside.connection.events()).rejects.toMatchObject({ code: 'internal' })
    p.bound.Failed = () => Promise.reject(new Error('Wails is going'))
    await expect(p.connection.events()).rejects.toMatchObject({ code: 'internal' })
  })

  test('an error of a bound method is its code and its support code', async () => {
    const p = open({})
    p.bound.CopyLink = () => Promise.reject(new Error('conflict'))
    p.bound.SaveExport = () => Promise.reject(new Error('save_refused K7-41'))
    await expect(p.connection.saveExport()).rejects.toMatchObject({ code: 'save_refused', support: 'K7-41' })
    p.bound.Check = () => Promise.reject(new Error('Something odd happened'))
    await expect(p.connection.copyLink()).rejects.toMatchObject({ code: 'conflict' })
    await expect(p.connection.check()).rejects.toMatchObject({ code: 'internal', support: 'K7-41' })
    expect(p.failed).toEqual(['script'])
  })
})
