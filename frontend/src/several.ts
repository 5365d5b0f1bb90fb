// What the screens do with the accounts of this computer.
import type { Nameplate } from './bridge'
import { ui } from './ui.svelte'
import type { SeveralWords } from './words/several/ko'

export const nameplates = () => ui.bridge.accounts<{ accounts: Nameplate[] }>('GET').then((a) => a.accounts)

// What the button that puts p on the screen is called.
export const switchLabel = (w: SeveralWords, p: Nameplate) => w.switchTo(p.user.nickname) + (p.lives ? '' : `, ${w.again}`)

// Puts another account on the screen. The page is loaded anew, the program's at its
// beginning: nothing of the one before stays on it.
export async function switchTo(userID: string): Promise<void> {
  await ui.act(async () => {
    await ui.bridge.accounts('POST', '/' + userID)
    location.replace(ui.standsAlone ? '/munpae/' : '/')
  })
}

export const signOutAll = () => ui.act(() => ui.bridge.accounts('DELETE'))
