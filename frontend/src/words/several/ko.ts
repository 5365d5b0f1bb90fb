// What is said of several accounts on one computer; loaded with the screens that say it.
import { withParticle } from '../../particle'

export const words = {
  here: '이 컴퓨터의 계정',
  others: '다른 계정',
  switchTo: (nickname: string) => `${withParticle(nickname, '(으)로')} 바꾸기`,
  switchShort: '바꾸기',
  again: '다시 로그인 필요',
  current: '현재 계정',
  add: '다른 계정 추가',
  addText: (nickname: string) => `${withParticle(nickname, '은/는')} 로그인한 채로 두고, 계정을 하나 더 겁니다.`,
  signOutOf: (nickname: string) => `${nickname} 로그아웃`,
  signOutAll: '모두 로그아웃',
}

export type SeveralWords = typeof words
