// What the receipt of a deleted account says besides what Go writes; loaded with it.
import type { ReceiptWords } from './ko'

export const words: ReceiptWords = {
  permissions: 'Permissions at providers',
  openPage: 'Open',
  openPageOf: (name) => `Open the page of ${name} that withdraws it`,
  save: 'Save receipt',
  saved: 'Saved',
}
