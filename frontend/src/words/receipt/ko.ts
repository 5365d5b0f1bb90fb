// What the receipt of a deleted account says besides what Go writes; loaded with it.
import { called } from '../../particle'

export const words = {
  permissions: '서비스에 준 권한',
  openPage: '열기',
  openPageOf: (name: string) => `${called(name)} 연결 관리 페이지 열기`,
  save: '확인서 저장',
  saved: '저장했습니다',
}

export type ReceiptWords = typeof words
