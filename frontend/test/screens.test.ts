// Every screen, in both languages, by its accessible names: docs/contract.md#accessible-names.
import { render, screen, waitFor, within } from '@testing-library/svelte'
import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBridge, scenes } from '../look/fixtures'
import App from '../src/App.svelte'
import { Refusal, type Session, type TimelineEvent } from '../src/bridge'
import type { Language } from '../src/state'
import { ui } from '../src/ui.svelte'
import { languages, spoken } from '../src/words'
import { all as ofAccount } from '../src/words/account'
import { all as ofReceipt } from '../src/words/receipt'
import { all } from '../src/words/recovery'
import { all as ofSetup } from '../src/words/setup'
import { all as ofSeveral } from '../src/words/several'

const now = new Date(2026, 10, 24, 13, 0).getTime()
let asked: string[] = []

function show(name: string, language: Language) {
  const scene = scenes(language, 'light', now)[name]
  if (!scene) throw new Error(`no scene ${name}`)
  asked = []
  ui.bridge = fakeBridge(scene, now, asked)
  ui.state = null
  ui.outside = scene.outside ?? false
  ui.account = false
  ui.show(scene.state)
  if (scene.outside) ui.state = null
  ui.account = scene.account ?? false
  ui.codes = scene.codes ?? false
  ui.recovering = scene.recovering ?? false
  ui.settingUp = scene.settingUp ?? scene.state.step === 'setup_needed'
  ui.adding = scene.adding ?? false
  ui.checking = scene.checking ?? false
  ui.refused = scene.refused ?? null
  return render(App)
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now })
})
afterEach(() => {
  vi.useRealTimers()
  ui.checking = false
})

const button = (name: string) => screen.getByRole('button', { name })
const heading = (name: string, level = 1) => screen.getByRole('heading', { name, level })

interface Names {
  heading: string
  buttons: string[]
  texts?: (string | RegExp)[]
}

const names: Record<string, Record<'ko' | 'en', Names>> = {
  setup: {
    ko: {
      heading: '로그인할 곳을 정해 주세요',
      buttons: ['네이버 키 입력', 'GitHub 키 입력', '설정 폴더 열기', '데모 시작'],
      texts: [/\/home\/gildong\/\.local\/share\/munpae\/\.env/],
    },
    en: { heading: 'Choose where to sign in', buttons: ['Enter NAVER keys', 'Enter GitHub keys', 'Open settings folder', 'Start the demo'] },
  },
  signed_out: {
    ko: { heading: '문패에 이름을 걸어 보세요', buttons: ['네이버로 로그인', 'GitHub로 로그인'] },
    en: { heading: 'Put your name on the door', buttons: ['Log in with NAVER', 'Sign in with GitHub'] },
  },
  signed_out_last: {
    ko: { heading: '문패에 이름을 걸어 보세요', buttons: ['네이버로 로그인', 'GitHub로 로그인', 'Keycloak으로 로그인'], texts: ['로그아웃했습니다.'] },
    en: {
      heading: 'Put your name on the door',
      buttons: ['Log in with NAVER', 'Sign in with GitHub', 'Sign in with Keycloak'],
      texts: ['You are signed out.'],
    },
  },
  signed_out_demo: {
    ko: { heading: '문패에 이름을 걸어 보세요', buttons: [], texts: ['연습용 계정입니다'] },
    en: { heading: 'Put your name on the door', buttons: [], texts: ['These are practice accounts'] },
  },
  denied: {
    ko: { heading: '문패에 이름을 걸어 보세요', buttons: ['다시 시도', '로그인 점검', '닫기'], texts: ['네이버 로그인을 취소했습니다.', '지원 코드 K7-41'] },
    en: {
      heading: 'Put your name on the door',
      buttons: ['Try again', 'Check my sign-in', 'Close'],
      texts: ['You cancelled signing in with NAVER.', 'Support code K7-41'],
    },
  },
  session_reused: {
    ko: { heading: '문패에 이름을 걸어 보세요', buttons: ['다시 로그인', '로그인 점검'] },
    en: { heading: 'Put your name on the door', buttons: ['Sign in again', 'Check my sign-in'] },
  },
  opening: {
    ko: {
      heading: '브라우저에서 로그인을 마쳐 주세요',
      buttons: ['주소 복사', '다시 열기', '코드로 로그인', '취소'],
      texts: ['브라우저를 여는 중', '10분 남음', 'GitHub로 로그인하는 중'],
    },
    en: {
      heading: 'Finish signing in in your browser',
      buttons: ['Copy link', 'Open again', 'Use a code instead', 'Cancel'],
      texts: ['Opening the browser', '10 minutes left', 'Signing in with GitHub'],
    },
  },
  open: {
    ko: {
      heading: '브라우저에서 로그인을 마쳐 주세요',
      buttons: ['주소 복사', '다시 열기', '취소'],
      texts: ['브라우저가 열렸습니다', '네이버로 로그인하는 중'],
    },
    en: {
      heading: 'Finish signing in in your browser',
      buttons: ['Copy link', 'Open again', 'Cancel'],
      texts: ['The browser is open', 'Signing in with NAVER'],
    },
  },
  checking_step: {
    ko: { heading: '브라우저에서 로그인을 마쳐 주세요', buttons: ['취소'], texts: ['확인하는 중', '1분이 채 남지 않았습니다', '연습용 계정입니다'] },
    en: { heading: 'Finish signing in in your browser', buttons: ['Cancel'], texts: ['Checking', 'Less than a minute left', 'These are practice accounts'] },
  },
  slow: {
    ko: { heading: '브라우저에서 로그인을 마쳐 주세요', buttons: ['주소 복사'], texts: [/‘주소 복사’/] },
    en: { heading: 'Finish signing in in your browser', buttons: ['Copy link'], texts: [/“Copy link”/] },
  },
  no_browser: {
    ko: { heading: '브라우저에서 로그인을 마쳐 주세요', buttons: ['주소 복사', '로그인 점검'], texts: ['브라우저를 열 수 없습니다.'] },
    en: { heading: 'Finish signing in in your browser', buttons: ['Copy link', 'Check my sign-in'], texts: ['Could not open a browser.'] },
  },
  device: {
    ko: {
      heading: '브라우저에서 로그인을 마쳐 주세요',
      buttons: ['코드 복사', '주소 복사', '다시 열기', '취소'],
      texts: ['WDJB-MJHT', 'https://github.com/login/device'],
    },
    en: {
      heading: 'Finish signing in in your browser',
      buttons: ['Copy code', 'Copy link', 'Open again', 'Cancel'],
      texts: ['WDJB-MJHT', 'https://github.com/login/device'],
    },
  },
  device_only: {
    ko: { heading: '코드로 로그인을 마쳐 주세요', buttons: ['코드 복사', '취소'], texts: ['WDJB-MJHT'] },
    en: { heading: 'Finish signing in with the code', buttons: ['Copy code', 'Cancel'], texts: ['WDJB-MJHT'] },
  },
  device_expired: {
    ko: { heading: '브라우저에서 로그인을 마쳐 주세요', buttons: ['새 코드 받기'], texts: ['코드가 만료되었습니다.'] },
    en: { heading: 'Finish signing in in your browser', buttons: ['Get a new code'], texts: ['The code has expired.'] },
  },
  linking: {
    ko: { heading: '브라우저에서 로그인을 마쳐 주세요', buttons: ['취소'], texts: ['네이버 계정을 연결하는 중'] },
    en: { heading: 'Finish signing in in your browser', buttons: ['Cancel'], texts: ['Linking your NAVER account'] },
  },
  link: {
    ko: {
      heading: 'GitHub 계정 octocat을 연결할까요?',
      buttons: ['연결', '취소'],
      texts: ['내 계정일 때만 연결해 주세요. 연결하면 그 계정으로도 여기에 로그인할 수 있습니다.'],
    },
    en: {
      heading: 'Link GitHub account octocat?',
      buttons: ['Link', 'Cancel'],
      texts: ['Only link it if it is yours: whoever has that account can then sign in here too.'],
    },
  },
  merge: {
    ko: {
      heading: '두 계정을 합칠까요?',
      buttons: ['합치기', '취소'],
      texts: ['네이버 계정 길동이에는 이미 닉네임이 있습니다. 둘 다 내 계정일 때만 합쳐 주세요.', /30일 안에는 되돌릴 수 있고/],
    },
    en: {
      heading: 'Bring your two accounts together?',
      buttons: ['Bring together', 'Cancel'],
      texts: ['The NAVER account gildong already has a nickname here. Only go on if both accounts are yours.', /You can undo it for 30 days/],
    },
  },
  merge_refused: {
    ko: { heading: '두 계정을 합칠까요?', buttons: ['합치기', '취소', '닫기'], texts: ['노트를 먼저 정리해 주세요.', /이 네이버 계정에는/] },
    en: { heading: 'Bring your two accounts together?', buttons: ['Bring together', 'Close'], texts: ['Tidy up your notes first.', /This NAVER account/] },
  },
  home: {
    ko: { heading: '홍길동', buttons: ['계정', '로그아웃'], texts: ['GitHub가 3일 전에 확인함', '12월 24일까지 오프라인으로 쓸 수 있습니다'] },
    en: { heading: 'octocat', buttons: ['Account', 'Sign out'], texts: ['Confirmed by GitHub 3 days ago', 'Works offline until 24 December'] },
  },
  recover: {
    ko: { heading: '복구 코드로 들어가기', buttons: ['뒤로', '계속'] },
    en: { heading: 'Use a recovery code', buttons: ['Back', 'Continue'] },
  },
  codes: {
    ko: { heading: '복구 코드', buttons: ['뒤로'] },
    en: { heading: 'Recovery codes', buttons: ['Back'] },
  },
  home_recovered: {
    ko: { heading: '홍길동', buttons: ['계정', '로그아웃'], texts: ['복구 코드로 방금 들어옴'] },
    en: { heading: 'octocat', buttons: ['Account', 'Sign out'], texts: ['Opened with a recovery code just now'] },
  },
  home_offline: {
    ko: { heading: '바람이 부는 언덕 위에서', buttons: ['계정', '로그아웃'], texts: ['오프라인', '네이버가 20분 전에 확인함'] },
    en: { heading: 'Hilltop.Wanderer-2026', buttons: ['Account', 'Sign out'], texts: ['Offline', 'Confirmed by NAVER 20 minutes ago'] },
  },
  home_demo_notice: {
    ko: { heading: '홍길동', buttons: ['닫기'], texts: ['GitHub가 방금 확인함', '인증된 이메일이 없어 이메일 없이 로그인합니다.'] },
    en: { heading: 'octocat', buttons: ['Close'], texts: ['Confirmed by GitHub just now', 'No verified email was found; you are signed in without one.'] },
  },
  account: {
    ko: { heading: '계정', buttons: ['뒤로', '바꾸기', '내 정보 저장', '계정 삭제하기'] },
    en: { heading: 'Account', buttons: ['Back', 'Change', 'Save my data', 'Delete my account'] },
  },
  account_another: {
    ko: { heading: '계정', buttons: ['다른 GitHub 계정 연결', '다른 네이버 계정 연결'] },
    en: { heading: 'Account', buttons: ['Link another GitHub account', 'Link another NAVER account'] },
  },
  confirming: {
    ko: { heading: '브라우저에서 로그인을 마쳐 주세요', buttons: ['주소 복사', '취소'], texts: [/^계정을 삭제하기 전에 본인인지/] },
    en: { heading: 'Finish signing in in your browser', buttons: ['Copy link', 'Cancel'], texts: [/before deleting your account/] },
  },
  receipt: {
    ko: { heading: '계정을 삭제했습니다', buttons: ['확인서 저장', '닫기', 'GitHub 연결 관리 페이지 열기'], texts: [/철회하지 못했습니다/] },
    en: { heading: 'Your account is deleted', buttons: ['Save receipt', 'Close'], texts: [/could not be withdrawn/] },
  },
  blocked_database: {
    ko: { heading: '문패를 열 수 없습니다', buttons: ['다시 시도', '백업 복원', '다시 로그인', '로그인 점검'], texts: ['계정이 든 파일이 손상되었습니다.'] },
    en: {
      heading: "Munpae can't open yet",
      buttons: ['Try again', 'Restore backup', 'Sign in again', 'Check my sign-in'],
      texts: ['The file that holds the accounts is damaged.'],
    },
  },
  blocked_keystore: {
    ko: { heading: '문패를 열 수 없습니다', buttons: ['다시 시도', '다시 로그인'], texts: ['키 모음이 잠겨 있습니다.'] },
    en: { heading: "Munpae can't open yet", buttons: ['Try again', 'Sign in again'], texts: ['The keyring is locked.'] },
  },
}

describe.each(['ko', 'en'] as const)('in %s', (language) => {
  test.each(Object.keys(names))('%s has its accessible names', async (name) => {
    const want = names[name]![language]
    show(name, language)
    expect(await screen.findByRole('heading', { name: want.heading, level: 1 })).toBeTruthy() // some come as chunks of their own
    for (const b of want.buttons) expect(await screen.findByRole('button', { name: b }), b).toBeTruthy()
    for (const t of want.texts ?? []) expect(await screen.findByText(t, { exact: true, ignore: 'script, style, select, option' }), String(t)).toBeTruthy()
    expect(screen.getByRole('combobox', { name: language === 'ko' ? '언어' : 'Language' })).toHaveProperty('value', language)
    expect(screen.getByRole('combobox', { name: language === 'ko' ? '테마' : 'Theme' })).toHaveProperty('value', 'light')
    expect(document.documentElement.lang).toBe(language)
    expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1)
  })

  test('the nickname dialog is a modal of that name with its entry, status and buttons', async () => {
    show('nickname_taken', language)
    const ko = language === 'ko'
    const dialog = screen.getByRole('dialog', { name: ko ? '닉네임 정하기' : 'Choose a nickname' }) as HTMLDialogElement
    expect(dialog.open).toBe(true)
    const inside = within(dialog)
    expect(inside.getByText(ko ? 'GitHub 계정 octocat으로 시작합니다' : 'Signing up with the GitHub account octocat')).toBeTruthy()
    expect(inside.getByRole('textbox', { name: ko ? '닉네임' : 'Nickname' })).toHaveProperty('value', ko ? '홍길동' : 'octocat')
    expect(inside.getByRole('button', { name: ko ? '시작하기' : 'Start' })).toHaveProperty('disabled', true)
    expect(inside.getByRole('button', { name: ko ? '다른 계정으로' : 'Use another account' })).toBeTruthy()
    expect(inside.getByRole('combobox', { name: ko ? '언어' : 'Language' })).toBeTruthy()
    await waitFor(() => expect(inside.getByText(ko ? '이미 쓰고 있는 닉네임입니다' : 'This nickname is taken')).toBeTruthy())
    expect(inside.getByText(ko ? '이미 쓰고 있는 닉네임입니다' : 'This nickname is taken').closest('[role=status]')).toBeTruthy()
    for (const p of ko ? ['홍길동이', '길동홍', '홍길동2'] : ['octocats', 'the octocat', 'octocat2']) {
      expect(inside.getByRole('button', { name: p })).toBeTruthy()
    }
  })

  test('the self-test says each line', async () => {
    show('check', language)
    const dialog = await screen.findByRole('dialog', { name: language === 'ko' ? '로그인 점검' : 'Check my sign-in' })
    await waitFor(() => expect(within(dialog).getByText(language === 'ko' ? 'GitHub까지의 연결' : 'Connection to GitHub')).toBeTruthy())
    expect(within(dialog).getByText(language === 'ko' ? '서버 주소를 찾을 수 없습니다.' : 'The server address could not be found.')).toBeTruthy()
    expect(within(dialog).getByText(language === 'ko' ? '네이버에 일시적인 문제가 있습니다.' : 'NAVER has a temporary problem.')).toBeTruthy()
    expect(within(dialog).getByRole('button', { name: language === 'ko' ? '점검 기록 저장' : 'Save a report' })).toBeTruthy()
  })
})

test('starting shows nothing but the background', () => {
  const { container } = show('starting', 'ko')
  expect(container.textContent).toBe('')
})

test('an ordinary browser is told that it is not the window', () => {
  document.documentElement.lang = 'en' // as served
  show('outside', 'en')
  expect(heading('This is not the Munpae window')).toBeTruthy()
  expect(screen.queryByRole('button')).toBeNull()
})

test('"last used" describes its button and is no part of its name', () => {
  show('signed_out_last', 'ko')
  const described = (name: string) => button(name).getAttribute('aria-describedby')
  expect(document.getElementById(described('네이버로 로그인')!)?.textContent).toBe('최근 사용')
  expect(described('GitHub로 로그인')).toBeNull()
})

test('the nameplate is empty on the sign-in screen and written on while a nickname is typed', async () => {
  const first = show('signed_out', 'ko')
  expect(first.container.querySelector('.carved')?.textContent).toBe('')
  first.unmount()
  const { container } = show('nickname', 'ko')
  await waitFor(() => expect(container.querySelector('.carved')?.textContent).toBe('홍길동'))
})

test('the nameplate is hung up after a sign-in and hangs there already after a restart', async () => {
  const { container, unmount } = show('home', 'ko')
  expect(container.querySelector('.plate')?.classList.contains('arriving')).toBe(false)
  unmount()
  const again = show('opening', 'ko')
  ui.show(scenes('ko', 'light', now).home!.state)
  await waitFor(() => expect(again.container.querySelector('.plate.hung.arriving')).toBeTruthy())
})

test('Escape does not close the nickname dialog', () => {
  show('nickname', 'en')
  const dialog = screen.getByRole('dialog', { name: 'Choose a nickname' }) as HTMLDialogElement
  expect(dialog.dispatchEvent(new Event('cancel', { cancelable: true }))).toBe(false)
  dialog.close()
  expect(dialog.open).toBe(true)
})

test('the self-test closes and its failure goes with it', async () => {
  show('check', 'en')
  ui.refused = { code: 'internal' }
  within(await screen.findByRole('dialog'))
    .getAllByRole('button', { name: 'Close' })
    .at(-1)!
    .click()
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(ui.refused).toBeNull()
})

test('buttons ask for what they say', async () => {
  show('opening', 'en')
  for (const name of ['Copy link', 'Open again', 'Use a code instead', 'Cancel']) button(name).click()
  expect(asked).toEqual(['copyLink()', 'openAgain()', 'useDeviceCode()', 'cancel()'])
  await waitFor(() => expect(screen.getByText('Copied')).toBeTruthy())
})

test('"sign in again" uses the provider that was used last', () => {
  show('session_reused', 'en')
  button('Sign in again').click()
  expect(asked).toEqual(['signIn(github)'])
})

test('NK-14: a nickname and an account that look like markup are shown as text', async () => {
  const evil = '<img src=x onerror=alert(1)>{{7*7}}'
  const scene = scenes('en', 'light', now).home!
  show('home', 'en')
  ui.show({ ...scene.state, seq: 2, home: { ...scene.state.home!, nickname: evil, account: evil } })
  await waitFor(() => expect(heading(evil)).toBeTruthy())
  expect(document.querySelector('img')).toBeNull()
})

test('a refused act is a notice, and the screen stays', async () => {
  show('home', 'en')
  ui.bridge = Object.assign(Object.create(ui.bridge), { signOut: () => Promise.reject(new Error('boom')) })
  button('Sign out').click()
  await waitFor(() => expect(screen.getByText('Something inside the app went wrong.')).toBeTruthy())
  expect(screen.getByText('Support code K7-41')).toBeTruthy()
  expect(asked).toContain('failed(script)')
  expect(heading('octocat')).toBeTruthy()
})

test('back from the codes leads to their button, whatever was done before', async () => {
  show('account', 'en')
  ui.at = 'providers'
  await waitFor(() => expect(button('Recovery codes')).toBeTruthy())
  button('Recovery codes').click()
  await waitFor(() => expect(heading('Recovery codes')).toBeTruthy())
  button('Back').click()
  await waitFor(() => expect(document.activeElement).toBe(button('Recovery codes')))
})

test('what was typed for one account is not there for the next', () => {
  show('account', 'en')
  ui.at = 'delete'
  ui.typed = 'octocat'
  ui.show({ ...ui.state!, home: { ...ui.state!.home!, user_id: 'u2' } })
  expect([ui.at, ui.typed, ui.account]).toEqual(['', '', false])
})

test('a wait that begins between two looks at the clock has ten minutes, not eleven', () => {
  const { state } = scenes('en', 'light', now).opening!
  show('opening', 'en')
  for (const [after, said] of [
    [600_500, '10 minutes left'],
    [599_500, '10 minutes left'],
    [300_500, '5 minutes left'],
  ] as const) {
    ui.show({ ...state, seq: ui.state!.seq + 1, waiting: { ...state.waiting!, expires_at: now + after } })
    flushSync()
    expect(screen.getByText(said)).toBeTruthy()
  }
})

test('a word that is being waited for is no notice beside the screen that waits for it', async () => {
  const needed = () => ui.act(() => Promise.reject(new Refusal('confirmation_needed', {})))
  show('linking', 'en')
  await needed()
  expect(ui.refused).toBeNull()
  show('home', 'en')
  await needed()
  expect(ui.refused?.code).toBe('confirmation_needed')
})

test('the account lists sign-ins, sessions and events, and asks for what its buttons say', async () => {
  show('account', 'en')
  await waitFor(() => expect(button('Unlink NAVER')).toBeTruthy())
  button('Unlink NAVER').click()
  button('End NAVER, since 16 November').click()
  button('End all others').click()
  expect(screen.queryByRole('heading', { name: 'Accounts brought together' })).toBeNull()
  expect(screen.queryByText(/is deleted too/)).toBeNull()
  expect(screen.queryByRole('button', { name: 'End GitHub, since 21 November' })).toBeNull()
  expect(screen.getByText('Nickname changed')).toBeTruthy()
  await waitFor(() => expect(asked).toEqual(expect.arrayContaining(['unlink(i2)', 'endSession(b)', 'endOtherSessions()'])))
})

test('the timeline shows the newest ten, and ten more at each press; a session says when it was last used', async () => {
  show('account', 'en')
  const events = Array.from({ length: 25 }, (_, i) => ({ at: now - i * 60_000, kind: 'renamed', detail: '' }))
  const sessions = [
    {
      id: 'b',
      provider: 'naver',
      account: '',
      created_at: now - 8 * 86_400_000,
      confirmed_at: now,
      offline_until: now + 86_400_000,
      seen_at: now - 3_600_000,
      place: { user: 'gildong', folder: '~/work' },
    },
  ]
  ui.bridge = Object.assign(Object.create(ui.bridge), { events: () => Promise.resolve(events), sessions: () => Promise.resolve(sessions) })
  ui.state = { ...ui.state!, home: { ...ui.state!.home! } }
  await waitFor(() => expect(screen.getAllByText('Nickname changed')).toHaveLength(10))
  expect(screen.getByText(/^This computer, user gildong, ~\/work · last used 24 November .*12:00/)).toBeTruthy()
  button('Show more').click()
  await waitFor(() => expect(screen.getAllByText('Nickname changed')).toHaveLength(20))
  button('Show more').click()
  await waitFor(() => expect(screen.getAllByText('Nickname changed')).toHaveLength(25))
  expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull()
})

describe.each(['ko', 'en'] as const)('two accounts in %s', (l) => {
  const w = {
    ko: {
      which: '어느 닉네임을 쓸까요?',
      mine: '홍길동',
      other: '둘리',
      together: '합치기',
      title: '합친 계정',
      undo: '둘리 되돌리기',
      until: '12월 18일까지 되돌릴 수 있습니다',
      unlink: 'GitHub hubot 연결 해제',
      event: '계정 합침 · 네이버',
      gone: '합친 계정도 함께 지우므로, 그것도 되돌릴 수 없게 됩니다.',
      hint: '이 컴퓨터에서는 네이버로 가입한 적이 있습니다. 본인인가요?',
      by: '네이버로 로그인',
    },
    en: {
      which: 'Which nickname do you keep?',
      mine: 'octocat',
      other: 'dooly',
      together: 'Bring together',
      title: 'Accounts brought together',
      undo: 'Undo 둘리',
      until: 'Can be undone until 18 December',
      unlink: 'Unlink GitHub hubot',
      event: 'Accounts brought together · NAVER',
      gone: "The account that you brought together is deleted too, so that can't be undone either.",
      hint: 'NAVER was used to sign up on this computer before. Was it you?',
      by: 'Log in with NAVER',
    },
  }[l]

  test('become one under the nickname that was chosen', async () => {
    const { container } = show('merge', l)
    const group = await screen.findByRole('group', { name: w.which })
    const radio = (name: string) => within(group).getByRole('radio', { name }) as HTMLInputElement
    expect(within(group).getAllByRole('radio')).toHaveLength(2)
    expect([radio(w.mine).checked, radio(w.other).checked]).toEqual([true, false])
    radio(w.other).click()
    await waitFor(() => expect(container.querySelector('.carved')?.textContent).toBe(w.other))
    button(w.together).click()
    button(w.together).click() // twice is once
    await waitFor(() => expect(asked).toEqual([`merge(${w.other})`]))
  })

  test('that changed meanwhile are said once, by the state', async () => {
    show('merge', l)
    const here = ui.bridge
    // Answered only once what was pressed before is over.
    const refusedBy = async (code: string) => {
      let pressed = false
      ui.bridge = Object.assign(Object.create(here), {
        merge: () => {
          pressed = true
          return Promise.reject(new Refusal(code))
        },
      })
      await screen.findByRole('button', { name: w.together })
      await waitFor(() => {
        button(w.together).click()
        expect(pressed).toBe(true)
      })
    }
    await refusedBy('merge_order')
    await waitFor(() => expect(ui.refused?.code).toBe('merge_order'))
    await refusedBy('merge_changed')
    await refusedBy('signin_expired')
    await refusedBy('merge_changed')
    expect(ui.refused).toBeNull()
  })

  test('are put back from the account screen, which tells two of one provider apart', async () => {
    show('account_merged', l)
    await waitFor(() => expect(heading(w.title, 2)).toBeTruthy())
    expect(screen.getByText(w.until)).toBeTruthy()
    expect(screen.getByText(w.event)).toBeTruthy()
    expect(screen.getByText(w.gone)).toBeTruthy()
    button(w.undo).click()
    button(w.unlink).click()
    await waitFor(() => expect(asked).toEqual(expect.arrayContaining(['unmerge(u2)', 'unlink(i3)'])))
  })

  test('are pointed at before the second is made', async () => {
    show('nickname_before', l)
    expect(screen.getByText(w.hint)).toBeTruthy()
    button(w.by).click()
    await waitFor(() => expect(asked.filter((a) => !a.startsWith('check'))).toEqual(['useAnotherAccount()', 'signIn(naver)']))
  })
})

describe.each(['ko', 'en'] as const)('with the directory away, in %s', (l) => {
  const w = {
    ko: { again: '다시 시도', away: '계정 서비스에 연결할 수 없습니다.', loading: '불러오는 중', lists: ['연결된 계정', '로그인 목록', '보안 기록'] },
    en: { again: 'Try again', away: "The account service can't be reached.", loading: 'Loading', lists: ['Linked accounts', 'Sessions', 'Security timeline'] },
  }[l]
  const away = async () => {
    throw new Refusal('directory_unavailable')
  }
  const card = (i: number) => within(heading(w.lists[i]!, 2).closest('section')!)

  test('each list of the account that did not come says why, and loads again by its button', async () => {
    show('account', l)
    const here = ui.bridge
    ui.account = false
    ui.bridge = Object.assign(Object.create(here), { identities: away, sessions: away, events: away })
    await waitFor(() => expect(screen.queryByRole('heading', { name: w.lists[1]! })).toBeNull())
    ui.account = true
    for (const i of [0, 1, 2]) {
      await waitFor(() => expect(card(i).getByText(w.away)).toBeTruthy())
      expect(card(i).queryByText(w.loading)).toBeNull()
    }
    ui.bridge = Object.assign(Object.create(here), { events: away })
    const again = card(1).getByRole('button', { name: w.again })
    again.focus()
    again.click()
    await waitFor(() => expect(card(1).getAllByRole('listitem')).toHaveLength(2))
    expect(card(0).getAllByRole('listitem').length).toBeGreaterThan(1)
    expect(document.activeElement).toBe(heading(w.lists[1]!, 2)) // the button is gone, the focus is not
    await waitFor(() => expect(card(2).getByText(w.away)).toBeTruthy())
  })

  test('the notice about them loads them again as well', async () => {
    show('account', l)
    const here = ui.bridge
    ui.account = false
    ui.bridge = Object.assign(Object.create(here), { sessions: away })
    await waitFor(() => expect(screen.queryByRole('heading', { name: w.lists[1]! })).toBeNull())
    ui.account = true
    const alert = await screen.findByRole('alert')
    ui.bridge = here
    within(alert.parentElement!).getByRole('button', { name: w.again }).click()
    await waitFor(() => expect(card(1).getAllByRole('listitem')).toHaveLength(2))
    expect(screen.queryByRole('alert')).toBeNull()
  })
})

test('the last sign-in can not be unlinked, another can be linked', async () => {
  show('account_later', 'en')
  await waitFor(() => expect(button('Link NAVER')).toBeTruthy())
  expect(screen.queryByRole('button', { name: 'Unlink GitHub' })).toBeNull()
  expect(screen.getByText('You can change it again from 6 December')).toBeTruthy()
  button('Link NAVER').click()
  expect(asked).toContain('link(naver)')
})

test('what explains an entry is read with it, and is no news', async () => {
  show('account', 'en')
  const explains = [await screen.findByText(/once every 30 days/), await screen.findByText(/2 to 20 letters/)].map((e) => e.textContent.trim())
  const news = document.body.appendChild(document.createElement('p'))
  news.role = 'status'
  news.textContent = 'news'
  await waitFor(() => expect(asked).toContain('announce(news)'))
  for (const e of explains) expect(asked).not.toContain(`announce(${e})`)
  news.remove()
})

test('an account is deleted only once its nickname was typed', async () => {
  show('account', 'en')
  const entry = (await screen.findByRole('textbox', { name: 'Type octocat to confirm' })) as HTMLInputElement
  const type = async (text: string) => {
    entry.value = text
    entry.dispatchEvent(new Event('input', { bubbles: true }))
    await Promise.resolve()
  }
  await type('octoca')
  await waitFor(() => expect(button('Delete my account')).toHaveProperty('disabled', true))
  entry.form!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  expect(asked).not.toContain('deleteAccount(octoca)')
  await type('octocat')
  await waitFor(() => expect(button('Delete my account')).toHaveProperty('disabled', false))
  button('Delete my account').click()
  await waitFor(() => expect(asked).toContain('deleteAccount(octocat)'))
})

test.each(['ko', 'en'] as const)('where no browser opens nothing says that one is opening, in %s', (l) => {
  const { opening } = spoken(l)!.phases
  show('opening', l)
  expect(screen.getByText(opening)).toBeTruthy()
  expect(document.querySelector('.progress')).toBeTruthy()
  ui.show(scenes(l, 'light', now)['no_browser']!.state)
  flushSync()
  expect(screen.queryByText(opening)).toBeNull()
  expect(document.querySelector('.progress')).toBeNull()
})

test.each(['ko', 'en'] as const)('of ten minutes that run out two are said, with the way to ten more, in %s', async (l) => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'setTimeout', 'clearTimeout', 'clearInterval'], now })
  show('open', l)
  await import('../src/attend')
  const heard: [number, string][] = []
  for (let s = 1; s < 9.5 * 60; s++) {
    await vi.advanceTimersByTimeAsync(1000)
    heard.push(...asked.splice(0).flatMap((a): typeof heard => (a.startsWith('announce(') ? [[s, a]] : [])))
  }
  const w = spoken(l)!
  const said = (n: number) => `announce(${w.minutesLeft(n)} ${w.moreTime})`
  expect(heard.map(([, a]) => a)).toEqual([`announce(${w.phases.open})`, said(5), said(1)])
  // When so much is left: the clock is read every second, and what has come is said once it holds still.
  const until = 9.5 * 60
  for (const [n, [at]] of [5, 1].map((n, i) => [n, heard[i + 1]!] as const)) expect(Math.abs(until - at - n * 60), `${n} minutes`).toBeLessThanOrEqual(2)
})

test.each(['ko', 'en'] as const)('what is left is said again when ten more minutes were taken, in %s', async (l) => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'setTimeout', 'clearTimeout', 'clearInterval'], now })
  show('open', l)
  await import('../src/attend')
  const w = spoken(l)!
  const said = (n: number) => `announce(${w.minutesLeft(n)} ${w.moreTime})`
  async function heard(minutes: number) {
    const all: string[] = []
    for (let s = 0; s < minutes * 60 - 1; s++) {
      await vi.advanceTimersByTimeAsync(1000)
      all.push(...asked.splice(0).filter((a) => a.startsWith('announce(')))
    }
    return all
  }
  expect(await heard(6)).toEqual([`announce(${w.phases.open})`, said(5)])
  // And of ten more.
  ui.show({ ...ui.state!, waiting: { ...ui.state!.waiting!, expires_at: Date.now() + 10 * 60_000 } })
  expect(await heard(10)).toEqual([said(5), said(1)])
})

test.each(['ko', 'en'] as const)('what an act in the account came to is said, once, in %s', async (l) => {
  show('account', l)
  await import('../src/attend')
  const a = ofAccount[l]!
  const before = await ui.bridge.events()
  await screen.findByText(a.events.signed_up!, { exact: false })
  const heard = () => asked.filter((x) => x.startsWith('announce('))
  const happens = (e: TimelineEvent) => withBridge({ events: async () => [e, ...before] })
  happens({ at: Date.now(), kind: 'session_ended_revoked', detail: '' })
  ;(await screen.findAllByRole('button', { name: new RegExp(a.endSession) }))[0]!.click()
  await waitFor(() => expect(heard()).toContain(`announce(${a.events.session_ended_revoked})`))
  // What its own place says is not said by the timeline as well, nor is what was so before.
  happens({ at: Date.now() + 1, kind: 'renamed', detail: '' })
  ui.show({ ...ui.state!, home: { ...ui.state!.home! } })
  await screen.findByText(a.events.renamed!, { exact: false, selector: 'li:first-child span' })
  const news = document.body.appendChild(document.createElement('p'))
  news.role = 'status'
  news.textContent = 'news'
  await waitFor(() => expect(asked).toContain('announce(news)'))
  expect(heard()).toEqual([`announce(${a.events.session_ended_revoked})`, 'announce(news)'])
  news.remove()
})

test('what became of a permission is said when the receipt comes, and when it changes', async () => {
  show('receipt', 'en')
  await import('../src/attend')
  const { receipt } = ui.state!
  for (const link of receipt!.links) await waitFor(() => expect(asked).toContain(`announce(${link.text})`))
  ui.show({ ...ui.state!, receipt: { ...receipt!, links: receipt!.links.map((x, i) => (i ? x : { ...x, text: 'It is withdrawn.' })) } })
  await waitFor(() => expect(asked).toContain('announce(It is withdrawn.)'))
  expect(asked.filter((x) => x.startsWith('announce('))).toHaveLength(receipt!.links.length + 1)
})

test('a screen comes beside the place of the last one, which stays, empty', async () => {
  show('signed_out', 'en')
  const places = [heading('Put your name on the door').closest('[role=group]')!]
  for (const scene of ['opening', 'home', 'signed_out'] as const) {
    ui.show(scenes('en', 'light', now)[scene]!.state)
    flushSync()
    const [before] = places
    places.unshift(screen.getByRole('heading', { level: 1 }).closest('[role=group]')!)
    expect(places[0]).not.toBe(before)
    expect([before!.isConnected, before!.textContent.trim()]).toEqual([true, ''])
  }
  expect(new Set(places).size).toBe(2)
})

test('the buttons of a notice stand beside what it says, not in it', async () => {
  show('misconfigured', 'en')
  expect(screen.getAllByRole('button', { name: /Try again|Check my sign-in/ }).length).toBeGreaterThan(0)
  for (const said of [...screen.queryAllByRole('alert'), ...screen.queryAllByRole('status')]) expect(within(said).queryAllByRole('button')).toEqual([])
})

describe.each(['ko', 'en'] as const)('keys typed in the window, in %s', (l) => {
  const w = ofSetup[l]!

  async function fill(id: string, secret: string) {
    const [first, second] = [await screen.findByLabelText<HTMLInputElement>(w.id), screen.getByLabelText<HTMLInputElement>(w.secret)]
    expect(second.type).toBe('password')
    for (const [entry, text] of [
      [first, id],
      [second, secret],
    ] as const) {
      entry.value = text
      entry.dispatchEvent(new Event('input', { bubbles: true }))
    }
    await waitFor(() => expect(button(w.check)).toHaveProperty('disabled', false))
    button(w.check).click()
    return [first, second] as const
  }

  test.each(['before', 'after'])(
    'are checked before anything else is offered, and what is wrong is said beside them; the state comes %s the answer',
    async (when) => {
      show('setup', l)
      let answer: Refusal | null = new Refusal('client_secret_mistyped', {}, 'A1-11')
      ui.bridge = Object.assign(Object.create(ui.bridge), {
        setUp: async (...keys: string[]) => {
          asked.push(keys.join(' '))
          if (answer) throw answer
          const come = () => ui.show(scenes(l, 'light', now)['setup_half']!.state)
          if (when === 'before') come()
          else setTimeout(come, 50)
        },
      })
      ;(await screen.findByRole('button', { name: w.enter('GitHub') })).click()
      const [id, secret] = await fill('the-id', 'a secret')
      const correct = l === 'ko' ? '고쳐 입력' : 'Correct it'
      expect(await screen.findByRole('button', { name: correct })).toBeTruthy()
      expect([secret.getAttribute('aria-invalid'), id.getAttribute('aria-invalid')]).toEqual(['true', 'false'])
      await waitFor(() => expect(document.activeElement).toBe(secret))
      expect(document.body.textContent).not.toContain('A1-11') // a slip of the fingers is no failure
      id.focus()
      button(correct).click()
      expect(document.activeElement).toBe(secret)

      answer = new Refusal('keys_swapped', { provider: 'GitHub' }, 'K7-41')
      await fill('the-secret', 'the-id')
      const swap = l === 'ko' ? '맞바꾸기' : 'Swap them'
      await screen.findByRole('button', { name: swap })
      expect(document.body.textContent).toContain('K7-41')
      answer = null
      button(swap).click()
      await waitFor(() => expect(asked.at(-1)).toBe('github the-id the-secret'))
      expect(await screen.findByText(w.saved('GitHub'))).toBeTruthy()
      await waitFor(() => expect(document.activeElement).toBe(button(w.go)))
      expect(document.getElementById(button(w.go).getAttribute('aria-describedby')!)?.textContent).toBe(w.saved('GitHub'))
      for (const entry of document.querySelectorAll('input')) expect(entry.value).not.toContain('the-secret')
      button(w.go).click()
      expect(await screen.findByRole('button', { name: l === 'ko' ? 'GitHub로 로그인' : 'Sign in with GitHub' })).toBeTruthy()
    },
  )
})

describe.each(['ko', 'en'] as const)('recovery codes, in %s', (l) => {
  const w = all[l]!

  test('the sign-in screen leads to the entry and back', async () => {
    show('signed_out', l)
    button(l === 'ko' ? '계정을 쓸 수 없나요?' : "Can't use your account?").click()
    const entry = (await screen.findByRole('textbox', { name: w.entry })) as HTMLInputElement
    expect(button(w.go)).toHaveProperty('disabled', true)
    entry.value = '7k3m pqrs'
    entry.dispatchEvent(new Event('input', { bubbles: true }))
    await waitFor(() => expect(button(w.go)).toHaveProperty('disabled', false))
    button(w.go).click()
    await waitFor(() => expect(asked).toContain('recover(7k3m pqrs)'))
    button(l === 'ko' ? '뒤로' : 'Back').click()
    await waitFor(() => expect(screen.queryByRole('textbox')).toBeNull())
  })

  test('a refused code says why and stays in the entry', async () => {
    show('recover', l)
    const entry = (await screen.findByRole('textbox', { name: w.entry })) as HTMLInputElement
    ui.bridge = Object.assign(Object.create(ui.bridge), {
      recover: async () => {
        throw refusal
      },
    })
    let refusal = new Refusal('rate_limited', { minutes: '4' }, 'K7-41')
    entry.value = 'x'
    entry.dispatchEvent(new Event('input', { bubbles: true }))
    await waitFor(() => expect(button(w.go)).toHaveProperty('disabled', false))
    button(w.go).click()
    await waitFor(() => expect(screen.getByText(l === 'ko' ? /4분 뒤에/ : /in 4 minutes/)).toBeTruthy())
    expect(entry.value).toBe('x')
    const check = l === 'ko' ? '로그인 점검' : 'Check my sign-in'
    expect(document.body.textContent).toContain((l === 'ko' ? '지원 코드' : 'Support code') + ' K7-41')
    expect(screen.getByRole('button', { name: check })).toBeTruthy()
    refusal = new Refusal('recovery_mistyped', {}, 'A1-11')
    button(w.go).click()
    await waitFor(() => expect(document.body.textContent).not.toContain('K7-41'))
    await waitFor(() => expect(screen.getByRole('status')).toBeTruthy())
    expect(document.body.textContent).not.toContain('A1-11')
    expect(screen.queryByRole('button', { name: check })).toBeNull()
  })

  test('the account shows what is left; new codes are shown once, copied and saved by Go', async () => {
    show('account', l)
    ;(await screen.findByRole('button', { name: w.codes })).click()
    expect(await screen.findByText(w.none)).toBeTruthy()
    button(w.make).click()
    const list = await screen.findByRole('list', { name: w.codes })
    expect(within(list).getAllByRole('listitem')).toHaveLength(10)
    button(w.copy).click()
    await waitFor(() => expect(screen.getByText(w.copied)).toBeTruthy())
    button(w.save).click()
    button(w.done).click()
    await waitFor(() => expect(screen.queryByRole('list', { name: w.codes })).toBeNull())
    expect(asked).toEqual(expect.arrayContaining(['makeRecoveryCodes()', 'copyRecoveryCodes()', 'saveRecoveryCodes()', 'forgetRecoveryCodes()']))
    expect(document.body.textContent).not.toContain('7K3M')
  })

  test('a save that was refused says so, and trying again saves: no other codes are made', async () => {
    show('account', l)
    ;(await screen.findByRole('button', { name: w.codes })).click()
    ;(await screen.findByRole('button', { name: w.make })).click()
    await screen.findByRole('list', { name: w.codes })
    const saves = vi.fn<() => Promise<boolean>>().mockRejectedValueOnce(new Refusal('save_refused')).mockResolvedValueOnce(false).mockResolvedValueOnce(true)
    ui.bridge = Object.assign(Object.create(ui.bridge), { saveRecoveryCodes: saves })
    button(w.save).click()
    const again = await screen.findByRole('button', { name: l === 'ko' ? '다시 시도' : 'Try again' })
    expect(screen.queryByText(w.saved)).toBeNull()
    again.click()
    await waitFor(() => expect(saves).toHaveBeenCalledTimes(2))
    expect(screen.queryByText(w.saved)).toBeNull() // cancelled, which is no failure
    expect(screen.queryByRole('alert')).toBeNull()
    button(w.save).click()
    expect(await screen.findByText(w.saved)).toBeTruthy()
    expect(asked.filter((a) => a === 'makeRecoveryCodes()')).toHaveLength(1)
    expect(asked).not.toContain('retry()')
  })

  test('codes are made by themselves once a provider has confirmed the person for it, and once only', async () => {
    const scene = scenes(l, 'light', now).home!
    show('home', l)
    ui.show({ ...scene.state, seq: 2, home: { ...scene.state.home!, codes_due: true } })
    expect(await screen.findByRole('list', { name: w.codes })).toBeTruthy()
    ui.show({ ...scene.state, seq: 3, home: { ...scene.state.home!, codes_due: true } })
    ui.show({ ...scene.state, seq: 4 })
    await Promise.resolve()
    expect(asked.filter((a) => a === 'makeRecoveryCodes()')).toHaveLength(1)
  })

  test('what became of the codes after a confirmation is read when it is done', async () => {
    const scene = scenes(l, 'light', now).codes!
    show('codes', l)
    expect(await screen.findByRole('button', { name: w.remove })).toBeTruthy()
    withBridge({ recovery: () => Promise.resolve({ left: 0, codes: [] }) })
    ui.show({ ...scene.state, seq: 2, home: { ...scene.state.home! } })
    expect(await screen.findByText(w.none)).toBeTruthy()
  })

  test('home offers codes until the person says no', async () => {
    show('home', l)
    expect(await screen.findByText(w.offer)).toBeTruthy()
    button(l === 'ko' ? '닫기' : 'Close').click()
    await waitFor(() => expect(screen.queryByText(w.offer)).toBeNull())
    expect(asked).toContain('declineRecoveryCodes()')
  })

  test('whom a code let in is offered an account to link first', async () => {
    show('home_recovered', l)
    expect(await screen.findByText(w.linkFirst)).toBeTruthy()
    button(l === 'ko' ? 'GitHub 연결' : 'Link GitHub').click()
    expect(asked).toContain('link(github)')
  })
})

describe.each(['ko', 'en'] as const)('several accounts, in %s', (l) => {
  const w = ofSeveral[l]!
  const ended = l === 'ko' ? '바람이 부는 언덕 위에서' : 'Hilltop.Wanderer-2026'
  const other = l === 'ko' ? '둘리' : 'dooly'

  test('home shows the others, one press switches, and there is a way to one more and out of all', async () => {
    show('home_others', l)
    const list = await screen.findByRole('list')
    expect(screen.getByRole('region', { name: w.others })).toBeTruthy()
    expect(within(list).getAllByRole('button')).toHaveLength(2)
    expect(button(`${w.switchTo(ended)}, ${w.again}`)).toBeTruthy()
    button(w.switchTo(other)).click()
    await waitFor(() => expect(asked).toContain('accounts(POST, /u2)'))
    button(w.signOutAll).click()
    await waitFor(() => expect(asked).toContain('accounts(DELETE)'))
    button(w.add).click()
    expect(await screen.findByRole('heading', { name: w.add, level: 1 })).toBeTruthy()
  })

  test('where nobody else is, the way to one more has its name for itself', async () => {
    show('home', l)
    ui.show({ ...ui.state!, accounts: true })
    const add = await screen.findByRole('button', { name: w.add })
    expect(add.closest('section')).toBeTruthy()
    expect(screen.queryAllByLabelText(w.add)).toEqual([])
  })

  test('the sign-in screen shows them too, and no way to one more', async () => {
    show('signed_out_others', l)
    expect(await screen.findByRole('button', { name: w.switchTo(other) })).toBeTruthy()
    expect(screen.queryByRole('button', { name: w.add })).toBeNull()
  })

  test('adding one goes through a provider, and back leads home', async () => {
    show('add', l)
    expect(await screen.findByRole('heading', { name: w.add, level: 1 })).toBeTruthy()
    button(l === 'ko' ? '뒤로' : 'Back').click()
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(l === 'ko' ? '홍길동' : 'octocat'))
    ;(await screen.findByRole('button', { name: w.add })).click()
    ;(await screen.findByRole('button', { name: l === 'ko' ? 'GitHub로 로그인' : 'Sign in with GitHub' })).click()
    await waitFor(() => expect(asked).toContain('signIn(github)'))
    // Home is not between the two: whoever hears them hears where they are.
    expect(ui.screen).toBe('add')
    const { home } = ui.state!
    ui.show({ ...scenes(l, 'light', now).opening!.state, home: home! })
    expect(ui.screen).toBe('waiting')
    ui.show({ ...scenes(l, 'light', now).home!.state, home: home! })
    expect(ui.screen).toBe('signed_in')
  })

  test('the account lists them, with the way to each and out of each', async () => {
    show('account_others', l)
    expect(await screen.findByRole('button', { name: w.signOutOf(other) })).toBeTruthy()
    expect(screen.getByRole('heading', { name: w.here, level: 2 })).toBeTruthy()
    expect(screen.getByText(w.current)).toBeTruthy()
    button(w.signOutOf(other)).click()
    await waitFor(() => expect(asked).toContain('accounts(DELETE, /u2)'))
    button(w.switchTo(other)).click()
    await waitFor(() => expect(asked).toContain('accounts(POST, /u2)'))
  })

  test('an account that is lost is said by its name, and its button leads to signing in to it', async () => {
    show('home_account_lost', l)
    expect(await screen.findByText(l === 'ko' ? /둘리 계정의 로그인이/ : /dooly's sign-in/)).toBeTruthy()
    button(l === 'ko' ? '다시 로그인' : 'Sign in again').click()
    expect(await screen.findByRole('heading', { name: w.add, level: 1 })).toBeTruthy()
  })

  test.each(['home_others', 'signed_out_others'])('%s: signing in again goes to the provider of that account, not to the one used last', async (scene) => {
    show(scene, l)
    ui.refused = { code: 'account_ended', params: { nickname: other, provider: 'github' } }
    ui.show({ ...ui.state!, providers: ui.state!.providers!.map((p) => ({ ...p, last_used: p.id === 'naver' })) })
    ;(await screen.findByRole('button', { name: l === 'ko' ? '다시 로그인' : 'Sign in again' })).click()
    await waitFor(() => expect(asked).toContain('signIn(github)'))
    expect(ui.adding).toBe(false)
  })

  test('a full computer is said at home, and its button leads to where one is signed out of', async () => {
    const scene = scenes(l, 'light', now).home_others!
    show('home_others', l)
    ui.show({ ...scene.state, seq: 2, problem: { code: 'accounts_full', params: { count: '8' } } })
    ;(await screen.findByRole('button', { name: l === 'ko' ? '계정 보기' : 'See accounts' })).click()
    expect(await screen.findByRole('button', { name: w.signOutOf(other) })).toBeTruthy()
  })

  test('nothing that was open of one account stays open for another', async () => {
    const scene = scenes(l, 'light', now).account_others!
    show('account_others', l)
    expect(await screen.findByRole('heading', { name: w.here, level: 2 })).toBeTruthy()
    ui.show({ ...scene.state, seq: 2, home: { ...scene.state.home!, user_id: 'u2', nickname: other } })
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(other))
    expect(ui.account).toBe(false)
  })

  test('where there may be one account only, nothing of this is there', async () => {
    show('home', l)
    await Promise.resolve()
    expect(asked.some((a) => a.startsWith('accounts'))).toBe(false)
    expect(screen.queryByRole('button', { name: w.add })).toBeNull()
  })
})

describe.each(['ko', 'en'] as const)('trying again does the whole of what was refused, in %s', (l) => {
  const a = ofAccount[l]!
  const r = all[l]!
  const v = ofSeveral[l]!
  const w = spoken(l)!
  const told = (code: string) => screen.findByText(w.said.codes[code]![1])
  const retry = () => within(screen.getByRole('alert').parentElement!).getByRole('button', { name: w.said.labels.try_again! }).click()
  const nothingIsWrong = () => waitFor(() => expect(screen.queryByRole('alert')).toBeNull())

  // Has the next acts of this name refused, one by each code, and then done.
  function refusing(name: string, codes: string[], done?: (...args: unknown[]) => unknown) {
    const here = ui.bridge as unknown as Record<string, (...args: unknown[]) => unknown>
    ui.bridge = Object.assign(Object.create(here), {
      [name]: async (...args: unknown[]) => {
        const code = args[0] !== 'GET' && codes.shift()
        if (code) throw new Refusal(code)
        return (done ?? here[name]!)(...args)
      },
    })
  }

  // The act is refused, refused again, and then done.
  async function thrice(name: string, press: string, done?: (...args: unknown[]) => unknown) {
    refusing(name, ['offline', 'timeout'], done)
    const pressed = await screen.findByRole('button', { name: press })
    await waitFor(() => expect(pressed).toHaveProperty('disabled', false))
    pressed.focus()
    pressed.click()
    await told('offline')
    retry()
    await told('timeout')
    expect(screen.getAllByRole('alert')).toHaveLength(1)
    retry()
  }

  async function fill(entry: HTMLElement, text: string) {
    ;(entry as HTMLInputElement).value = text
    entry.dispatchEvent(new Event('input', { bubbles: true }))
    await Promise.resolve()
  }

  test('a nickname that is taken by then is said so, with others that are free', async () => {
    show('nickname', l)
    await thrice('signUp', w.start, (text) => ({ text, code: 'nickname_taken', proposals: ['dooly2'] }))
    await told('nickname_taken')
    expect(button('dooly2')).toBeTruthy()
    expect(document.activeElement).toBe(screen.getByRole('textbox'))
    await nothingIsWrong()
  })

  test('a nickname is taken once, however often it is pressed', async () => {
    show('nickname', l)
    let answer = (_: unknown) => {}
    await thrice('signUp', w.start, () => (asked.push('signUp'), new Promise((done) => (answer = done))))
    await waitFor(() => expect(button(w.start)).toHaveProperty('disabled', true))
    answer({ text: '', code: 'available', proposals: [] })
    await waitFor(() => expect(button(w.start)).toHaveProperty('disabled', false))
    expect(asked.filter((x) => x === 'signUp')).toHaveLength(1)
    await nothingIsWrong()
  })

  test('a new nickname that is taken by then is said so, and one that is not is told', async () => {
    show('account', l)
    await fill(await screen.findByRole('textbox', { name: w.nickname }), 'taken')
    await thrice('rename', a.change)
    await told('nickname_taken')
    expect(button('taken2')).toBeTruthy()
    await nothingIsWrong()
    await fill(screen.getByRole('textbox', { name: w.nickname }), 'dooly')
    await thrice('rename', a.change)
    expect(await screen.findByText(a.renamed)).toBeTruthy()
    await nothingIsWrong()
  })

  test.each([
    [true, '/munpae/'],
    [false, '/'],
  ])('a switch loads the page anew, at its beginning (alone: %s)', async (alone, at) => {
    const replace = vi.spyOn(location, 'replace').mockImplementation(() => {})
    ui.standsAlone = alone
    try {
      show('home_others', l)
      await thrice('accounts', v.switchTo(l === 'ko' ? '둘리' : 'dooly'))
      await waitFor(() => expect(replace.mock.calls).toEqual([[at]]))
    } finally {
      ui.standsAlone = true
      replace.mockRestore()
    }
  })

  test('a session that was ended is gone from the list, and an account from its', async () => {
    show('account', l)
    const both = await ui.bridge.sessions()
    const links = await ui.bridge.identities()
    ui.bridge = Object.assign(Object.create(ui.bridge), { sessions: async () => [...both], identities: async () => [...links] })
    const end = await screen.findByRole('button', { name: /^네이버.*끝내기$|^End NAVER/ })
    await thrice('endSession', end.getAttribute('aria-label')!, () => both.splice(1))
    await waitFor(() => expect(end.isConnected).toBe(false))
    await nothingIsWrong()
    await thrice('unlink', a.unlink('NAVER'), () => links.splice(1))
    await waitFor(() => expect(screen.queryByRole('button', { name: a.unlink('NAVER') })).toBeNull())
    await nothingIsWrong()
  })

  test('whom no provider can confirm is asked for the nickname, and then the others end', async () => {
    show('account', l)
    const typed = a.deleteTyped(l === 'ko' ? '홍길동' : 'octocat')
    const both = await ui.bridge.sessions()
    ui.bridge = Object.assign(Object.create(ui.bridge), { sessions: async () => [...both] })
    await thrice('endOtherSessions', a.endOthers, () => Promise.reject(new Refusal('confirmation_needed')))
    await waitFor(() => expect(screen.getAllByLabelText(typed)).toHaveLength(2))
    await nothingIsWrong()
    await fill(screen.getAllByLabelText(typed)[0]!, l === 'ko' ? '홍길동' : 'octocat')
    await thrice('endOtherSessions', a.endOthers, () => both.splice(1))
    await waitFor(() => expect(screen.queryByRole('button', { name: a.endOthers })).toBeNull())
    await nothingIsWrong()
  })

  test('an account of this computer that was signed out of is gone from the list', async () => {
    show('account_others', l)
    const name = v.signOutOf(l === 'ko' ? '둘리' : 'dooly')
    const { accounts: plates } = await ui.bridge.accounts<{ accounts: { user: { id: string } }[] }>('GET')
    const codes = ['offline', 'timeout']
    ui.bridge = Object.assign(Object.create(ui.bridge), {
      accounts: async (method: string) => {
        if (method === 'GET') return { accounts: [...plates] }
        if (codes.length) throw new Refusal(codes.shift()!)
        plates.splice(1, 1)
      },
    })
    ;(await screen.findByRole('button', { name })).click()
    await told('offline')
    retry()
    await told('timeout')
    retry()
    await waitFor(() => expect(screen.queryByRole('button', { name })).toBeNull())
    await nothingIsWrong()
  })

  test('codes that were made are shown once, from their title on', async () => {
    show('account', l)
    ui.codes = true
    let answer = (_: unknown) => {}
    await thrice('makeRecoveryCodes', r.make, () => (asked.push('made'), new Promise((done) => (answer = done))))
    await waitFor(() => expect(asked).toContain('made'))
    button(r.make).click() // while the codes are on their way
    answer(['7K3M-PQRS'])
    expect(within(await screen.findByRole('list', { name: r.codes })).getAllByRole('listitem')).toHaveLength(1)
    expect(asked.filter((x) => x === 'made')).toHaveLength(1)
    await waitFor(() => expect(document.activeElement).toBe(heading(r.codes)))
    await nothingIsWrong()
  })

  test('codes that were removed are gone from the sheet', async () => {
    show('codes', l)
    await thrice('removeRecoveryCodes', r.remove, () => {
      refusing('recovery', [], () => ({ made_at: 0, left: 0, codes: [], offer: true }))
    })
    expect(await screen.findByText(r.none)).toBeTruthy()
    expect(document.activeElement).toBe(heading(r.codes))
    await nothingIsWrong()
  })

  test('codes that are off the screen are neither saved nor made by a notice from before', async () => {
    show('codes', l)
    ui.account = true
    ;(await screen.findByRole('button', { name: r.again })).click()
    await screen.findByRole('list', { name: r.codes })
    refusing('saveRecoveryCodes', ['save_refused'])
    button(r.save).click()
    await told('save_refused')
    await thrice('forgetRecoveryCodes', r.done)
    await waitFor(() => expect(screen.queryByRole('list', { name: r.codes })).toBeNull())
    expect(document.activeElement).toBe(heading(r.codes))
    await nothingIsWrong()
    refusing('makeRecoveryCodes', ['offline'])
    ;(await screen.findByRole('button', { name: r.again })).click()
    await told('offline')
    const make = ui.again
    button(w.back).click()
    await waitFor(() => expect(heading(w.account)).toBeTruthy())
    await nothingIsWrong()
    asked.length = 0
    await make() // from a refusal that came later than that
    expect(asked).not.toContain('makeRecoveryCodes()')
  })

  test('what the account was refused is no notice at home', async () => {
    show('account', l)
    refusing('endOtherSessions', ['offline'])
    ;(await screen.findByRole('button', { name: a.endOthers })).click()
    await told('offline')
    button(w.back).click()
    await waitFor(() => expect(heading(l === 'ko' ? '홍길동' : 'octocat')).toBeTruthy())
    await nothingIsWrong()
  })

  test('a link that was copied is said to be', async () => {
    show('open', l)
    await thrice('copyLink', w.copyLink)
    expect(await screen.findByText(w.copied)).toBeTruthy()
    await nothingIsWrong()
    refusing('copyLink', ['offline'])
    button(w.copyLink).click()
    await told('offline')
    expect(screen.queryByText(w.copied)).toBeNull()
  })

  test('a link that is copied again is said again, and the word stays its whole time', async () => {
    show('open', l)
    const copied = () => asked.filter((x) => x === `announce(${w.copied})`).length
    button(w.copyLink).click()
    await waitFor(() => expect(copied()).toBe(1))
    button(w.copyLink).click()
    await waitFor(() => expect(copied()).toBe(2))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now })
    button(w.copyLink).click()
    await settled()
    vi.advanceTimersByTime(2000)
    button(w.copyLink).click()
    await settled()
    vi.advanceTimersByTime(2000) // the first is over
    flushSync()
    expect(screen.getByText(w.copied)).toBeTruthy()
    vi.advanceTimersByTime(500)
    flushSync()
    expect(screen.queryByText(w.copied)).toBeNull()
  })

  test('a language and a theme that were refused are chosen by trying again', async () => {
    show('home', l)
    const other = l === 'ko' ? 'en' : 'ko'
    for (const [name, method, value] of [
      [w.language, 'setLanguage', other],
      [w.theme, 'setTheme', 'dark'],
    ] as const) {
      const chosen: unknown[] = []
      refusing(method, ['disk_full'], (x) => chosen.push(x))
      const select = screen.getByRole('combobox', { name }) as HTMLSelectElement
      const inForce = select.value
      select.value = value
      select.dispatchEvent(new Event('change', { bubbles: true }))
      await told('disk_full')
      expect(select.value).toBe(inForce)
      retry()
      await waitFor(() => expect(chosen).toEqual([value]))
      await nothingIsWrong()
    }
  })

  test('an offer that could not be declined stays, and goes once it is', async () => {
    show('home', l)
    await screen.findByText(r.offer)
    refusing('declineRecoveryCodes', ['disk_full'])
    button(w.close).click()
    await told('disk_full')
    expect(screen.getByText(r.offer)).toBeTruthy()
    retry()
    await waitFor(() => expect(screen.queryByText(r.offer)).toBeNull())
    await nothingIsWrong()
  })

  test.each(['link', 'merge'])('Escape answers no: %s', async (name) => {
    show(name, l)
    await screen.findByRole('button', { name: w.cancel })
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await waitFor(() => expect(asked).toContain('cancel()'))
  })

  test('a code is entered once, and one that is wrong is ready to be typed over', async () => {
    show('recover', l)
    const entry = (await screen.findByRole('textbox', { name: r.entry })) as HTMLInputElement
    await fill(entry, '7k3m')
    let answer = () => {}
    await thrice('recover', r.go, () => new Promise((_, no) => (answer = () => no(new Refusal('timeout')))))
    await waitFor(() => expect(button(r.go)).toHaveProperty('disabled', true))
    entry.setSelectionRange(4, 4)
    answer()
    await waitFor(() => expect(button(r.go)).toHaveProperty('disabled', false))
    expect([entry.selectionStart, entry.selectionEnd]).toEqual([0, 4])
  })

  test('accounts are brought together once, however often it is pressed', async () => {
    show('merge', l)
    await thrice('merge', a.mergeShort, () => (asked.push('merged'), new Promise(() => {})))
    await waitFor(() => expect(asked).toContain('merged'))
    button(a.mergeShort).click()
    await Promise.resolve()
    expect(asked.filter((x) => x === 'merged')).toHaveLength(1)
  })

  test('what fails at once is a notice, too', async () => {
    show('signed_out', l)
    const retrying = () => {
      throw new Refusal('timeout')
    }
    ui.bridge = Object.assign(Object.create(ui.bridge), { retry: retrying })
    ui.show({ ...ui.state!, seq: 2, problem: { code: 'offline' } })
    await told('offline')
    retry()
    await told('timeout')
  })
})

// An answer that comes when the test says so.
function pending<T>() {
  let answer!: (x: T) => void
  let refuse!: (code: string) => void
  const promise = new Promise<T>((yes, no) => ((answer = yes), (refuse = (code) => no(new Refusal(code)))))
  return { promise, answer, refuse }
}

// Lets what was answered arrive, and what it changes be drawn.
async function settled() {
  for (let i = 0; i < 20; i++) await Promise.resolve()
  flushSync()
}

const withBridge = (o: object) => void (ui.bridge = Object.assign(Object.create(ui.bridge), o))

describe.each(['ko', 'en'] as const)('what is answered late, in %s', (l) => {
  const a = ofAccount[l]!
  const r = all[l]!
  const w = spoken(l)!
  const me = l === 'ko' ? '홍길동' : 'octocat'

  test('codes that are being made hold their screen until they are shown', async () => {
    show('codes', l)
    ui.account = true
    const made = pending<string[]>()
    withBridge({ makeRecoveryCodes: () => made.promise })
    ;(await screen.findByRole('button', { name: r.again })).click()
    expect(await screen.findByText(r.making)).toBeTruthy()
    const out = button(w.back)
    expect(out).toHaveProperty('disabled', true)
    out.click()
    await settled()
    expect(heading(r.codes)).toBeTruthy()
    made.answer(['7K3M-PQRS'])
    expect(within(await screen.findByRole('list', { name: r.codes })).getAllByRole('listitem')).toHaveLength(1)
    expect(screen.queryByText(r.making)).toBeNull()
    out.click()
    await waitFor(() => expect(heading(w.account)).toBeTruthy())
  })

  test('codes that come when their screen is gone are forgotten after they were made', async () => {
    show('codes', l)
    const made = pending<string[]>()
    withBridge({ makeRecoveryCodes: () => (asked.push('make'), made.promise) })
    ;(await screen.findByRole('button', { name: r.again })).click()
    await waitFor(() => expect(asked).toContain('make'))
    ui.show({ ...scenes(l, 'light', now).signed_out!.state, seq: 9 })
    await waitFor(() => expect(screen.queryByRole('heading', { name: r.codes })).toBeNull())
    asked.push('made')
    made.answer(['7K3M-PQRS'])
    await waitFor(() => expect(asked.slice(asked.indexOf('made'))).toContain('forgetRecoveryCodes()'))
  })

  test('lists of the account that did not come are no notice at home', async () => {
    show('account', l)
    await screen.findByRole('button', { name: a.unlink('NAVER') })
    const sessions = pending<Session[]>()
    withBridge({ sessions: () => (asked.push('again'), sessions.promise) })
    ui.show({ ...ui.state!, seq: 2, home: { ...ui.state!.home! } })
    await waitFor(() => expect(asked).toContain('again'))
    const again = ui.again
    button(w.back).click()
    await waitFor(() => expect(heading(me)).toBeTruthy())
    sessions.refuse('offline')
    await settled()
    expect(screen.queryByRole('alert')).toBeNull()
    expect(ui.again).toBe(again)
  })

  test('what was asked on a screen that the person has left is not said on the next', async () => {
    show('account', l)
    const ended = pending<void>()
    withBridge({ endOtherSessions: () => (asked.push('end'), ended.promise) })
    ;(await screen.findByRole('button', { name: a.endOthers })).click()
    await waitFor(() => expect(asked).toContain('end'))
    button(w.back).click()
    await waitFor(() => expect(heading(me)).toBeTruthy())
    ended.refuse('offline')
    await settled()
    expect(ui.refused).toBeNull()
    // Whoever is back on it by then hears of it.
    const exported = pending<void>()
    withBridge({ saveExport: () => (asked.push('export'), exported.promise) })
    button(w.account).click()
    ;(await screen.findByRole('button', { name: a.export })).click()
    await waitFor(() => expect(asked).toContain('export'))
    button(w.back).click()
    await waitFor(() => expect(heading(me)).toBeTruthy())
    button(w.account).click()
    await waitFor(() => expect(heading(w.account)).toBeTruthy())
    exported.refuse('save_refused')
    expect(await screen.findByText(w.said.codes.save_refused![1])).toBeTruthy()
  })

  test('what led to another screen itself is said there', async () => {
    show('account_others', l)
    const deleted = pending<void>()
    const switched = pending<void>()
    withBridge({ deleteAccount: () => deleted.promise })
    const accounts = ui.bridge.accounts
    withBridge({ accounts: (method: string) => (method === 'POST' ? switched.promise : accounts('GET')) })
    ;(await screen.findByRole('button', { name: ofSeveral[l]!.switchTo(l === 'ko' ? '둘리' : 'dooly') })).click()
    await settled()
    ui.show({ ...ui.state!, seq: 2, home: { ...ui.state!.home!, user_id: 'u2', nickname: 'dooly' } })
    await waitFor(() => expect(heading('dooly')).toBeTruthy())
    switched.refuse('timeout')
    expect(await screen.findByText(w.said.codes.timeout![1])).toBeTruthy()
    button(w.account).click()
    const entry = (await screen.findByRole('textbox', { name: a.deleteTyped('dooly') })) as HTMLInputElement
    entry.value = 'dooly'
    entry.dispatchEvent(new Event('input', { bubbles: true }))
    await waitFor(() => expect(button(a.delete)).toHaveProperty('disabled', false))
    button(a.delete).click()
    await settled()
    ui.show({ ...scenes(l, 'light', now).signed_out!.state, seq: 9 })
    await waitFor(() => expect(screen.queryByRole('heading', { name: w.account })).toBeNull())
    deleted.refuse('offline')
    expect(await screen.findByText(w.said.codes.offline![1])).toBeTruthy()
  })

  test('what Go has gone elsewhere for is said there, once', async () => {
    show('account', l)
    const ended = pending<void>()
    withBridge({ endOtherSessions: () => ended.promise })
    ;(await screen.findByRole('button', { name: a.endOthers })).click()
    await settled()
    ui.show({ ...scenes(l, 'light', now).signed_out!.state, seq: 9, problem: { code: 'session_revoked', support: 'K7-41' } })
    await waitFor(() => expect(screen.queryByRole('heading', { name: w.account })).toBeNull())
    ended.refuse('session_revoked')
    await settled()
    expect(screen.getAllByText(w.said.codes.session_revoked![1])).toHaveLength(1)
    expect(screen.getByText(w.support('K7-41'))).toBeTruthy()
  })

  test('a program that cannot be gone on to says why, and is gone on to by trying again', async () => {
    show('home', l)
    const replace = vi.spyOn(location, 'replace').mockImplementation(() => {})
    const here = ui.bridge
    withBridge({ session: () => Promise.reject(new Refusal('database_busy')) })
    const state = { ...ui.state!, seq: 2 }
    ui.show(state)
    await ui.open(state)
    await screen.findByText(w.said.codes.database_busy![1])
    ui.bridge = here
    button(w.tryAgain).click()
    await waitFor(() => expect(replace).toHaveBeenCalledTimes(1))
    replace.mockRestore()
  })

  test.each(['home_others', 'signed_out_others'])('%s: who else is here and cannot be read is said, and read by trying again', async (scene) => {
    show('starting', l)
    const { accounts } = await ui.bridge.accounts<{ accounts: object[] }>('GET')
    let refused = 2
    const list = async () => {
      if (refused-- > 0) throw new Refusal('database_busy', {}, 'K7-41')
      return { accounts }
    }
    withBridge({ accounts: list })
    ui.show({ ...scenes(l, 'light', now)[scene]!.state, seq: 2 })
    for (let i = 0; i < 2; i++) {
      const alert = (await screen.findByText(w.said.codes.database_busy![1])).closest('section')!
      expect(within(alert).getByText(w.support('K7-41'))).toBeTruthy()
      within(alert).getByRole('button', { name: w.tryAgain }).click()
      await waitFor(() => expect(refused).toBe(i === 0 ? 0 : -1))
    }
    expect(await screen.findByRole('button', { name: ofSeveral[l]!.switchTo(l === 'ko' ? '둘리' : 'dooly') })).toBeTruthy()
    expect(screen.queryByText(w.said.codes.database_busy![1])).toBeNull()
  })

  test('what may be offered and cannot be read is said where it is wrong here, and read by trying again', async () => {
    const of = { made_at: 0, left: 0, codes: [], offer: true }
    show('starting', l)
    const codes = ['database_busy', 'directory_unavailable']
    const recovery = async () => {
      const code = codes.shift()
      asked.push('recovery')
      if (code) throw new Refusal(code, {}, 'K7-41')
      return of
    }
    withBridge({ recovery })
    ui.show({ ...scenes(l, 'light', now).home!.state, seq: 2 })
    const alert = (await screen.findByText(w.said.codes.database_busy![1])).closest('section')!
    within(alert).getByRole('button', { name: w.tryAgain }).click()
    await waitFor(() => expect(screen.queryByText(w.said.codes.database_busy![1])).toBeNull())
    await waitFor(() => expect(asked.filter((x) => x === 'recovery')).toHaveLength(2))
    await settled()
    expect(screen.queryByRole('alert')).toBeNull() // offline is no fault
    expect(screen.queryByText(r.offer)).toBeNull()
  })

  test('a list that was asked for before is not drawn over the one after', async () => {
    show('account_others', l)
    const links = await ui.bridge.identities()
    const { accounts: plates } = await ui.bridge.accounts<{ accounts: object[] }>('GET')
    const slow = pending<unknown>()
    const slowly = pending<unknown>()
    const first = [slow.promise]
    const firstly = [slowly.promise]
    withBridge({
      identities: () => first.shift() ?? Promise.resolve(links.slice(0, 1)),
      accounts: () => firstly.shift() ?? Promise.resolve({ accounts: plates.slice(0, 1) }),
    })
    await waitFor(() => expect(heading(w.account)).toBeTruthy())
    await waitFor(() => expect([first.length, firstly.length]).toEqual([0, 0]))
    ui.show({ ...ui.state!, seq: 2, home: { ...ui.state!.home! } })
    expect(await screen.findByText(a.lastIdentity)).toBeTruthy()
    slow.answer(links)
    slowly.answer({ accounts: plates })
    await settled()
    expect(screen.getByText(a.lastIdentity)).toBeTruthy()
    expect(screen.queryByText(l === 'ko' ? '둘리' : 'dooly')).toBeNull()
  })

  test('a self-test that is closed says nothing afterwards', async () => {
    show('home', l)
    const checked = pending<never>()
    withBridge({ check: () => checked.promise })
    ui.checking = true
    within(await screen.findByRole('dialog'))
      .getByRole('button', { name: w.close })
      .click()
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    checked.refuse('offline')
    await settled()
    expect(screen.queryByRole('alert')).toBeNull()
  })
})

describe.each(['ko', 'en'] as const)('a part of the page that does not come, in %s', (l) => {
  const w = spoken(l)!
  const incomplete = w.said.codes.page_incomplete![1]
  const failing = () => {
    throw new Error('status 403')
  }
  const parts: Record<string, () => Promise<unknown>> = {
    'screens/Recover.svelte': () => import('../src/screens/Recover.svelte'),
    'screens/Check.svelte': () => import('../src/screens/Check.svelte'),
    'parts/Others.svelte': () => import('../src/parts/Others.svelte'),
    'parts/Offer.svelte': () => import('../src/parts/Offer.svelte'),
    'words/account': () => import('../src/words/account'),
    attend: () => import('../src/attend'),
  }
  // None is on its way from the test before, which would be what the next one gets.
  beforeEach(() => Promise.all(Object.values(parts).map((ask) => ask())))
  afterEach(() => {
    for (const part of Object.keys(parts)) vi.doUnmock(`../src/${part}`)
  })

  // What is said, with the button that asks for the page anew.
  async function said() {
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => {})
    const alert = (await screen.findByText(incomplete)).closest('section')!
    expect(within(alert).getByText(w.support('K7-41'))).toBeTruthy()
    expect(asked).toContain('failed(part)')
    within(alert).getByRole('button', { name: w.tryAgain }).click()
    await waitFor(() => expect(reload).toHaveBeenCalledTimes(1))
    reload.mockRestore()
  }

  test.each([
    ['parts/Others.svelte', 'home_others'],
    ['parts/Others.svelte', 'signed_out_others'],
    ['parts/Offer.svelte', 'home'],
    ['parts/Offer.svelte', 'home_recovered'],
    ['words/account', 'confirming'],
    ['attend', 'signed_out'],
  ])('is said where the rest of the screen is: %s at %s', async (part, scene) => {
    vi.doMock(`../src/${part}`, failing)
    show(scene, l)
    await said()
  })

  test('is said where it is what stands on no screen, and came to nothing before there was one', async () => {
    vi.doMock('../src/attend', failing)
    show('starting', l)
    await waitFor(() => expect(ui.refused).toBeTruthy())
    ui.show({ ...scenes(l, 'light', now).signed_out!.state, seq: 2 })
    await said()
  })

  test('is said where it is the words of the language that was chosen', async () => {
    show('home', l)
    const speak = vi.spyOn(ui, 'speak').mockRejectedValue(new Error('status 403'))
    ui.show({ ...ui.state!, seq: 2, language: l === 'ko' ? 'en' : 'ko' })
    await said()
    speak.mockRestore()
    expect(heading(l === 'ko' ? '홍길동' : 'octocat')).toBeTruthy()
  })

  test('says so, with a way to try again, and the focus is there', async () => {
    vi.doMock('../src/screens/Recover.svelte', failing)
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => {})
    show('signed_out', l)
    button(w.cantSignIn).click()
    expect(await screen.findByText(incomplete)).toBeTruthy()
    expect(screen.getByText(w.support('K7-41'))).toBeTruthy()
    await waitFor(() => expect(document.activeElement).toBe(button(w.tryAgain)))
    button(w.tryAgain).click()
    expect(reload).toHaveBeenCalledTimes(1)
    reload.mockRestore()
  })

  test('is a notice where the self-test was asked for', async () => {
    vi.doMock('../src/screens/Check.svelte', failing)
    show('home', l)
    ui.checking = true
    expect(await screen.findByText(incomplete)).toBeTruthy()
    expect(screen.getByText(w.support('K7-41'))).toBeTruthy()
    expect(ui.checking).toBe(false)
  })
})

test('a screen that has gone before it came takes no focus from the next', async () => {
  const late = pending<void>()
  vi.doMock('../src/screens/Recover.svelte', () => late.promise.then(() => vi.importActual('../src/screens/Recover.svelte')))
  show('signed_out', 'en')
  const opens = button("Can't use your account?")
  opens.click()
  await waitFor(() => expect(opens.isConnected).toBe(false))
  ui.recover(false)
  const github = await screen.findByRole('button', { name: 'Sign in with GitHub' })
  await settled()
  github.focus()
  late.answer()
  await import('../src/screens/Recover.svelte')
  await settled()
  expect(document.activeElement).toBe(github)
  vi.doUnmock('../src/screens/Recover.svelte')
})

test('whatever part comes later is said when it does not come', () => {
  const files = import.meta.glob<string>('../src/**/*.{svelte,ts}', { query: '?raw', import: 'default', eager: true })
  const asked = Object.entries(files).flatMap(([f, text]) => [...text.matchAll(/.*\bimport\(.*/g)].map((m) => `${f}: ${m[0].trim()}`))
  expect(asked.length).toBeGreaterThan(10)
  // Screens of their own say it in their place.
  expect(asked.filter((a) => !/ui\.part\(import\(|App\.svelte: \w+: \(\) => import\(/.test(a))).toEqual([])
})

test('every language has the words that come with their screens', () => {
  for (const words of [all, ofAccount, ofReceipt, ofSetup, ofSeveral]) expect(Object.keys(words).sort()).toEqual(Object.keys(languages).sort())
})
