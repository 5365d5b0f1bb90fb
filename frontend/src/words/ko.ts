import said from 'virtual:said/ko'

import { called, withParticle } from '../particle'

export const words = {
  locale: 'ko',
  said,
  called,
  // A word with the Korean particle that follows it in a sentence.
  withParticle,

  language: '언어',
  theme: '테마',
  themes: { system: '시스템', light: '밝게', dark: '어둡게' },
  demo: '연습용 계정입니다',
  support: (code: string) => `지원 코드 ${code}`,
  close: '닫기',
  back: '뒤로',
  cancel: '취소',
  check: '로그인 점검',

  signInTitle: (app?: string) => (app ? `${app}에 로그인` : '문패에 이름을 걸어 보세요'),
  signInWith: (name: string) => `${withParticle(called(name), '(으)로')} 로그인`,
  lastUsed: '최근 사용',
  cantSignIn: '계정을 쓸 수 없나요?',

  waitingTitle: '브라우저에서 로그인을 마쳐 주세요',
  waitingCodeTitle: '코드로 로그인을 마쳐 주세요',
  purposes: {
    sign_in: (name: string) => `${withParticle(called(name), '(으)로')} 로그인하는 중`,
    link: (name: string) => `${called(name)} 계정을 연결하는 중`,
    confirm: (name: string) => `${called(name)}에서 본인인지 확인하는 중`,
  },
  phases: { opening: '브라우저를 여는 중', open: '브라우저가 열렸습니다', checking: '확인하는 중' },
  slow: '브라우저가 열리지 않았나요? ‘주소 복사’를 눌러 직접 열어 보세요.',
  minutesLeft: (n: number) => (n < 1 ? '1분이 채 남지 않았습니다' : `${n}분 남음`),
  moreTime: '‘다시 열기’를 누르면 10분 더 기다립니다',
  copyLink: '주소 복사',
  copied: '복사했습니다',
  openAgain: '다시 열기',
  useCode: '코드로 로그인',
  copyCode: '코드 복사',
  codeText: '아래 주소를 열고 코드를 입력해 주세요',
  qr: (address: string) => `QR 코드: ${address}`,

  nicknameTitle: '닉네임 정하기',
  from: (name: string, account: string) =>
    account ? `${called(name)} 계정 ${withParticle(account, '(으)로')} 시작합니다` : `${called(name)} 계정으로 시작합니다`,
  nickname: '닉네임',
  nicknameHint: '한글, 영문, 숫자로 2~20자',
  proposals: '이런 닉네임은 어떠세요?',
  start: '시작하기',
  anotherAccount: '다른 계정으로',
  usedBefore: (name: string) => `이 컴퓨터에서는 ${withParticle(called(name), '(으)로')} 가입한 적이 있습니다. 본인인가요?`,

  offline: '오프라인',
  confirmed: (name: string, when: string | null) => `${withParticle(called(name), '이/가')} ${when ? `${when}에` : '방금'} 확인함`,
  recovered: (when: string | null) => `복구 코드로 ${when ? `${when}에` : '방금'} 들어옴`,
  offlineUntil: (date: string) => `${date}까지 오프라인으로 쓸 수 있습니다`,
  account: '계정',
  signOut: '로그아웃',

  link: (name: string) => `${called(name)} 연결`,
  linkShort: '연결',
  linkQuestion: (name: string, account: string) =>
    account ? `${called(name)} 계정 ${withParticle(account, '을/를')} 연결할까요?` : `이 ${called(name)} 계정을 연결할까요?`,
  linkText: '내 계정일 때만 연결해 주세요. 연결하면 그 계정으로도 여기에 로그인할 수 있습니다.',
  loading: '불러오는 중',

  blockedTitle: (app = '문패') => `${withParticle(app, '을/를')} 열 수 없습니다`,
  tryAgain: '다시 시도',
  restoreBackup: '백업 복원',
  signInAgain: '다시 로그인',

  checking: '점검하는 중',
  checkAllWell: '모두 정상입니다',
  checkWrong: '고칠 것이 있습니다',
  verdicts: { ok: '정상', warning: '주의', bad: '이상', skipped: '해당 없음' },
  checkProvider: (name: string) => `${called(name)}까지의 연결`,
  checks: {
    settings: '설정',
    profile: '앱 폴더',
    database: '계정 파일',
    cookie_jar: '저장된 로그인',
    keystore: '서명 키',
    loopback: '앱 안의 연결',
    peer_check: '이 컴퓨터의 다른 사용자',
    window_address: '창의 주소',
    naver_ports: '네이버 로그인 포트',
    browser: '브라우저',
    webview: '창',
    fonts: '글꼴',
  } as Record<string, string>,
  saveBundle: '점검 기록 저장',

  outside: (app = '문패') => `${app} 창이 아닙니다`,
  outsideText: (app = 'Munpae') => `로그인과 설정은 ${app} 창에서만 할 수 있습니다. 여기서는 이미 로그인된 모습만 볼 수 있습니다.`,
}

// Every text of the window, typed by its key: a language that lacks one does not compile.
export type Words = typeof words
