// What the screens of recovery codes say; loaded with them.
export const words = {
  title: '복구 코드로 들어가기',
  text: '로그인하던 계정을 쓸 수 없을 때, 적어 둔 복구 코드 하나로 들어갑니다. 그 계정의 확인은 필요 없습니다.',
  entry: '복구 코드',
  hint: '대소문자, 빈칸, 붙임표는 달라도 됩니다',
  go: '계속',

  codes: '복구 코드',
  why: '로그인하던 계정을 잃어버려도 복구 코드 하나로 다시 들어올 수 있습니다. 코드는 한 번씩만 쓸 수 있습니다.',
  none: '아직 만들지 않았습니다',
  left: (n: number, date: string) => `${date}에 만듦, ${n}개 남음`,
  numbered: (n: number) => `${n}번 코드`,
  used: (date: string) => `${date}에 씀`,
  unused: '남음',
  retired: '백업을 복원해 쓸 수 없음',
  make: '복구 코드 만들기',
  making: '복구 코드를 만드는 중',
  again: '새로 만들기',
  againText: '새로 만들면 전의 코드는 모두 쓸 수 없게 됩니다.',
  remove: '모두 지우기',
  once: '지금만 볼 수 있습니다. 적거나 인쇄해 안전한 곳에 두세요. 이 코드를 가진 사람은 누구나 이 계정에 들어올 수 있습니다.',
  copy: '모두 복사',
  copied: '복사했습니다',
  save: '파일로 저장',
  saved: '저장했습니다',
  print: '인쇄',
  done: '안전한 곳에 두었습니다',

  offer: '로그인하던 계정을 잃어버릴 때를 위해 복구 코드를 만들어 두세요.',
  linkFirst: '복구 코드로 들어왔습니다. 앞으로 쓸 계정을 연결해 주세요.',
  linkSoon: '들어온 뒤 5분 안에는 잃어버린 계정의 확인 없이 연결할 수 있습니다.',
  linkLate: '5분이 지났습니다. 로그아웃한 뒤 다른 복구 코드로 들어오면 바로 연결할 수 있습니다.',
}

export type RecoveryWords = typeof words
