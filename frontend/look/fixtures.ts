// Fixed data for every screen: what the tests render and what look.html shows.
import { Refusal, type Bridge } from '../src/bridge'
import type { CheckLine, Home, Language, NicknameAnswer, Problem, State, Theme, Waiting } from '../src/state'

export interface Scene {
  state: State
  recovering?: boolean
  settingUp?: boolean
  // Which of the set-up's forms is open.
  opens?: number
  adding?: boolean
  codes?: boolean
  account?: boolean
  checking?: boolean
  refused?: Problem
  // An account was brought together with this one.
  merged?: boolean
  outside?: boolean
  answer?: NicknameAnswer
  lines?: CheckLine[]
}

const minute = 60_000
const day = 1440 * minute

const github = { id: 'github', name: 'GitHub', issuer: 'https://github.com', browser: true, device: true, last_used: false }
const naver = { id: 'naver', name: 'NAVER', issuer: 'https://nid.naver.com', browser: true, device: false, last_used: false }
const oidc = { id: 'oidc', name: 'Keycloak', issuer: 'https://id.example', browser: true, device: false, last_used: false }

// Rows that look like a QR code; nothing can be scanned from them.
export const qr = [
  '1111111011010001001111111',
  '1000001001101101101000001',
  '1011101010011010101011101',
  '1011101001110011001011101',
  '1011101010001110101011101',
  '1000001011100010101000001',
  '1111111010101010101111111',
  '0000000010110110100000000',
  '1010101001101100100010010',
  '0110010110010101111001011',
  '1101101101100011010110100',
  '0101010010111010011101011',
  '1110011101001101100110110',
  '0011100110110010111001001',
  '1100111011011101010110110',
  '0110010101100011101101011',
  '1011011011011100111110101',
  '0000000011001011100010110',
  '1111111001110110101011011',
  '1000001010011001100010101',
  '1011101011101011111111010',
  '1011101001010110011010011',
  '1011101010111001101101110',
  '1000001001101110110110001',
  '1111111010010101011011011',
]

export function scenes(language: Language, theme: Theme, now: number): Record<string, Scene> {
  const base: State = { seq: 1, step: 'signed_out', demo: false, language, theme, providers: [naver, github] }
  const waiting: Waiting = {
    provider: 'github',
    name: 'GitHub',
    purpose: 'sign_in',
    phase: 'opening',
    expires_at: now + 9.5 * minute,
    browser: true,
    browser_slow: false,
    device_offered: true,
  }
  const home: Home = {
    user_id: 'u1',
    nickname: language === 'ko' ? '홍길동' : 'octocat',
    provider: 'github',
    name: 'GitHub',
    account: 'octocat',
    confirmed_at: now - 3 * day,
    offline_until: now + 30 * day,
    offline: false,
    rename_after: 0,
  }
  const signUp = { provider: 'github', name: 'GitHub', account: 'octocat', proposal: language === 'ko' ? '홍길동' : 'octocat' }
  const callbacks = {
    naver: [1, 2, 3, 4, 5].map((n) => `http://127.0.0.1:4811${n}/oauth/naver/callback/`),
    github: ['http://127.0.0.1/oauth/github/callback/'],
  }
  const failed = (code: string, params = {}): Problem => ({ code, params, support: 'K7-41' })
  const device = { user_code: 'WDJB-MJHT', verification_uri: 'https://github.com/login/device', qr, expires_at: now + 15 * minute }
  const atHome: State = { ...base, step: 'signed_in', home }
  const naming: State = { ...base, step: 'nickname', sign_up: signUp }
  const taken = signUp.proposal
  return {
    starting: { state: { ...base, step: 'starting' } },
    setup: { state: { ...base, step: 'setup_needed', providers: [], settings_file: '/home/gildong/.local/share/munpae/.env', callbacks } },
    setup_form: { state: { ...base, step: 'setup_needed', providers: [], settings_file: '/home/gildong/.local/share/munpae/.env', callbacks }, opens: 0 },
    setup_half: { state: { ...base, providers: [github], settings_file: '/home/gildong/.local/share/munpae/.env', callbacks }, settingUp: true },
    setup_invalid: {
      state: {
        ...base,
        step: 'setup_needed',
        providers: [],
        settings_file: '/home/gildong/.local/share/munpae/.env',
        problem: failed('settings_invalid', {
          name: 'MUNPAE_GITHUB_URL',
          reason: 'must be an https address, or http on a loopback address',
          place: '/home/gildong/.local/share/munpae/.env, line 3',
          reasonkorean: 'https 주소(또는 이 컴퓨터의 http 주소)여야 합니다',
          placekorean: '/home/gildong/.local/share/munpae/.env 3번째 줄',
        }),
      },
    },
    signed_out: { state: base },
    signed_out_last: { state: { ...base, providers: [{ ...naver, last_used: true }, github, oidc], problem: { code: 'signed_out' } } },
    signed_out_demo: { state: { ...base, demo: true } },
    denied: { state: { ...base, problem: failed('provider_denied', { provider: 'NAVER' }) } },
    session_reused: { state: { ...base, providers: [naver, { ...github, last_used: true }], problem: failed('session_reused') } },
    misconfigured: { state: { ...base, problem: failed('provider_misconfigured', { provider: 'GitHub' }) } },
    opening: { state: { ...base, step: 'waiting', attempt: 'a1', waiting } },
    open: {
      state: { ...base, step: 'waiting', attempt: 'a1', waiting: { ...waiting, provider: 'naver', name: 'NAVER', phase: 'open', device_offered: false } },
    },
    checking_step: { state: { ...base, step: 'waiting', attempt: 'a1', demo: true, waiting: { ...waiting, phase: 'checking', expires_at: now + minute / 2 } } },
    slow: { state: { ...base, step: 'waiting', attempt: 'a1', waiting: { ...waiting, browser_slow: true } } },
    no_browser: { state: { ...base, step: 'waiting', attempt: 'a1', waiting: { ...waiting, browser_problem: failed('browser_unavailable') } } },
    device: { state: { ...base, step: 'waiting', attempt: 'a1', waiting: { ...waiting, phase: 'open', device } } },
    device_only: { state: { ...base, step: 'waiting', attempt: 'a1', waiting: { ...waiting, browser: false, device } } },
    device_expired: {
      state: { ...base, step: 'waiting', attempt: 'a1', waiting: { ...waiting, phase: 'open', device: { ...device, problem: failed('device_code_expired') } } },
    },
    linking: {
      state: {
        ...atHome,
        step: 'waiting',
        attempt: 'a1',
        waiting: { ...waiting, provider: 'naver', name: 'NAVER', purpose: 'link', phase: 'open', device_offered: false },
      },
    },
    confirming: {
      state: { ...atHome, step: 'waiting', attempt: 'a1', waiting: { ...waiting, purpose: 'confirm', for: 'delete', phase: 'open', device_offered: false } },
    },
    receipt: {
      state: {
        ...base,
        receipt: {
          title: language === 'ko' ? '계정을 삭제했습니다' : 'Your account is deleted',
          lines:
            language === 'ko'
              ? ['홍길동 계정을 11월 24일 13:00에 삭제했습니다.', '이 컴퓨터의 백업에서도 지웠습니다.']
              : ['The account octocat was deleted on 24 November at 13:00.', "It is removed from this computer's backups too."],
          links: [
            { provider: 'naver', text: language === 'ko' ? '네이버에서 이 앱에 준 권한을 철회했습니다.' : "NAVER has withdrawn this app's permission." },
            {
              provider: 'github',
              text:
                language === 'ko'
                  ? 'octocat · GitHub에서 이 앱에 준 권한을 철회하지 못했습니다.'
                  : "octocat · This app's permission could not be withdrawn at GitHub.",
              page: 'https://github.com/settings/connections/applications/Iv1.0123456789abcdef',
            },
          ],
        },
      },
    },
    link: { state: { ...atHome, link: { provider: 'github', name: 'GitHub', account: 'octocat' } } },
    merge: {
      state: {
        ...atHome,
        merge: {
          provider: 'naver',
          name: 'NAVER',
          account: language === 'ko' ? '길동이' : 'gildong',
          nickname: home.nickname,
          other: language === 'ko' ? '둘리' : 'dooly',
        },
      },
    },
    merge_refused: {
      state: { ...atHome, merge: { provider: 'naver', name: 'NAVER', account: '', nickname: home.nickname, other: 'dooly' } },
      refused: { code: 'merge_refused', params: { reason: language === 'ko' ? '노트를 먼저 정리해 주세요.' : 'Tidy up your notes first.' } },
    },
    nickname_before: { state: { ...naming, sign_up: { ...signUp, before: 'naver', before_name: 'NAVER' } } },
    nickname: { state: naming, answer: { text: taken, code: 'available', proposals: [] } },
    nickname_taken: {
      state: naming,
      answer: {
        text: taken,
        code: 'nickname_taken',
        proposals: language === 'ko' ? ['홍길동이', '길동홍', '홍길동2'] : ['octocats', 'the octocat', 'octocat2'],
      },
    },
    nickname_bad: {
      state: { ...naming, demo: true, sign_up: { ...signUp, proposal: '길동★', provider: 'naver', name: 'NAVER', account: '', notice: 'email_refused' } },
      answer: { text: '길동★', code: 'nickname_bad_character', params: { character: '★' }, proposals: [] },
    },
    nickname_empty: { state: { ...naming, sign_up: { ...signUp, proposal: '' } } },
    home: { state: atHome },
    home_others: { state: { ...atHome, accounts: true } },
    signed_out_others: { state: { ...base, accounts: true, problem: { code: 'signed_out' } } },
    add: { state: { ...atHome, accounts: true }, adding: true },
    account_others: { state: { ...atHome, accounts: true }, account: true },
    home_account_lost: { state: { ...atHome, accounts: true }, refused: { code: 'account_lost', params: { nickname: language === 'ko' ? '둘리' : 'dooly' } } },
    recover: { state: base, recovering: true },
    codes: { state: atHome, codes: true },
    home_recovered: { state: { ...atHome, home: { ...home, provider: '', name: '', account: '', recovered: true, confirmed_at: now } } },
    home_offline: {
      state: {
        ...atHome,
        home: {
          ...home,
          nickname: language === 'ko' ? '바람이 부는 언덕 위에서' : 'Hilltop.Wanderer-2026',
          provider: 'naver',
          name: 'NAVER',
          account: '길동이',
          offline: true,
          confirmed_at: now - 20 * minute,
        },
      },
    },
    home_demo_notice: { state: { ...atHome, demo: true, home: { ...home, notice: 'email_missing', confirmed_at: now } } },
    account: { state: atHome, account: true },
    account_another: { state: { ...atHome, home: { ...home, another: true } }, account: true },
    account_merged: { state: atHome, account: true, merged: true },
    account_later: { state: { ...atHome, home: { ...home, rename_after: now + 12 * day } }, account: true, refused: { code: 'identity_last' } },
    blocked_database: { state: { ...base, step: 'blocked', problem: failed('database_damaged') } },
    blocked_keystore: { state: { ...base, step: 'blocked', problem: failed('keystore_locked') } },
    check: { state: { ...base, problem: failed('dns_failed') }, checking: true },
    outside: { state: { ...base, step: 'starting' }, outside: true },
  }
}

export const lines: CheckLine[] = [
  { name: 'settings', verdict: 'ok', detail: '2 providers' },
  { name: 'profile', verdict: 'ok', detail: '/home/gildong/.local/share/munpae, mode 0700' },
  { name: 'database', verdict: 'ok', detail: 'schema 1, integrity ok' },
  { name: 'keystore', verdict: 'ok', detail: 'keyring' },
  { name: 'naver_ports', verdict: 'warning', code: 'port_in_use', detail: '2 of 5 are taken' },
  { name: 'webview', verdict: 'skipped', detail: 'not asked' },
  { name: 'browser', verdict: 'ok', detail: '/usr/bin/xdg-open' },
  { name: 'provider_github', verdict: 'bad', code: 'dns_failed', detail: 'lookup github.com: no such host' },
  { name: 'provider_naver', verdict: 'bad', code: 'provider_error', params: { provider: 'NAVER' }, detail: 'https://nid.naver.com answers 503' },
]

// Answers every wish from the scene; asked collects what was asked.
export function fakeBridge(scene: Scene, now: number, asked: string[] = []): Bridge {
  const session = (id: string, current: boolean, back: number) => ({
    id,
    provider: current ? 'github' : 'naver',
    account: 'octocat',
    created_at: now - back * day,
    confirmed_at: now - back * day,
    offline_until: now + (30 - back) * day,
    seen_at: now - day,
    place: { user: 'gildong' },
    current,
  })
  const plate = (id: string, nickname: string, current: boolean, lives: boolean) => ({
    user: { id, nickname, created_at: now - 40 * day },
    provider: current ? 'github' : 'naver',
    account: 'octocat',
    current,
    lives,
  })
  const answers: Record<string, unknown> = {
    checkNickname: (text: string) => ({ ...(scene.answer ?? { code: 'available', proposals: [] }), text }),
    signUp: (text: string) => ({ text, code: 'available', proposals: [] }),
    rename: (nickname: string) => {
      if (nickname === 'taken') throw new Refusal('nickname_taken', {}, '', ['taken2'])
      return { user: { nickname } }
    },
    check: () => scene.lines ?? lines,
    failed: (what: string) => new Refusal(what === 'part' ? 'page_incomplete' : 'internal', {}, 'K7-41'),
    sessions: () => [session('a', true, 3), session('b', false, 8)],
    identities: () => [
      { id: 'i1', provider: 'github', account: 'octocat', linked_at: now - 40 * day },
      ...(scene.refused ? [] : [{ id: 'i2', provider: 'naver', account: '길동이', linked_at: now - 8 * day }]),
      ...(scene.merged ? [{ id: 'i3', provider: 'github', account: 'hubot', linked_at: now - 7 * day }] : []),
    ],
    accounts: () => ({
      accounts: [
        ...(scene.state.home ? [plate('u1', scene.state.home.nickname, true, true)] : []),
        plate('u2', scene.state.language === 'ko' ? '둘리' : 'dooly', false, true),
        plate('u3', scene.state.language === 'ko' ? '바람이 부는 언덕 위에서' : 'Hilltop.Wanderer-2026', false, false),
      ],
    }),
    merges: () => (scene.merged ? [{ id: 'u2', nickname: '둘리', provider: 'naver', until: now + 24 * day }] : []),
    recovery: () => ({
      made_at: scene.codes ? now - 3 * day : 0,
      left: scene.codes ? 9 : 0,
      codes: scene.codes ? Array.from({ length: 10 }, (_, i) => ({ number: i + 1, used_at: i === 2 ? now - day : 0, void: false })) : [],
      offer: !scene.codes,
    }),
    makeRecoveryCodes: () => Array.from({ length: 10 }, (_, i) => `7K3M-PQR${i}-TVWX-YZ01-2345-6789`),
    events: () => [
      ...(scene.merged ? [{ at: now - 1 * day, kind: 'merged', detail: 'naver' }] : []),
      { at: now - 3 * day, kind: 'signed_in', detail: 'github' },
      { at: now - 8 * day, kind: 'identity_linked', detail: 'naver' },
      { at: now - 21 * day, kind: 'renamed', detail: '' },
      { at: now - 40 * day, kind: 'signed_up', detail: 'github' },
    ],
  }
  return new Proxy(
    {},
    {
      get:
        (_, name: string) =>
        async (...args: unknown[]) => {
          asked.push(`${name}(${args.join(', ')})`)
          const a = answers[name]
          return typeof a === 'function' ? a(...args) : a
        },
    },
  ) as Bridge
}
