import { called, withParticle } from '../../particle'

// What the set-up screen says; loaded with it.
export const words = {
  title: '로그인할 곳을 정해 주세요',
  text: '로그인 서비스에 앱을 등록하고 받은 키를 입력해 주세요. 맞는 키인지 바로 확인합니다.',
  enter: (name: string) => `${called(name)} 키 입력`,
  register: {
    github: 'GitHub의 Settings → Developer settings → OAuth Apps에서 앱을 등록하고, 콜백 URL에 아래 주소를 입력하세요.',
    naver: 'developers.naver.com의 Application에서 앱을 등록하세요. 사용 API는 네이버 로그인, 환경은 PC 웹이고, 콜백 URL은 아래 다섯 개입니다.',
  } as Record<string, string>,
  id: '클라이언트 ID',
  secret: '클라이언트 시크릿',
  check: '확인하고 저장',
  checking: (name: string) => `${called(name)}에서 키를 확인하는 중`,
  saved: (name: string) => `키를 확인해 저장했습니다. 이제 ${withParticle(called(name), '(으)로')} 로그인할 수 있습니다.`,
  go: '로그인 화면으로',
  demo: '키가 없어도 데모에서 연습용 계정으로 둘러볼 수 있습니다.',
  startDemo: '데모 시작',
  file: '키는 설정 파일에 저장합니다.',
  openSettings: '설정 폴더 열기',
}

export type SetupWords = typeof words
