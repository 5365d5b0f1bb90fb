// Shows one screen with fixed data: /look.html#scene,language,theme,text size in per cent. For
// looking at and for page/; it is no part of the build.
import { mount } from 'svelte'
import App from '../src/App.svelte'
import '../src/app.css'
import type { Theme } from '../src/state'
import { ui } from '../src/ui.svelte'
import { fakeBridge, scenes } from './fixtures'

const [name = 'home', language = 'ko', theme = 'light', size = ''] = decodeURIComponent(location.hash.slice(1)).split(',')
const now = Date.now()
const scene = scenes(language, theme as Theme, now)[name]
if (!scene) throw new Error(`no scene ${name}`)
if (size) document.documentElement.style.fontSize = `${size}%` // text at 200
ui.bridge = fakeBridge(scene, now)
await ui.speak(language)
ui.show(scene.state)
ui.account = scene.account ?? false
ui.codes = scene.codes ?? false
ui.adding = scene.adding ?? false
ui.recovering = scene.recovering ?? false
ui.settingUp ||= scene.settingUp ?? false
ui.checking = scene.checking ?? false
ui.refused = scene.refused ?? null
ui.outside = scene.outside ?? false
if (scene.outside) ui.state = null
mount(App, { target: document.getElementById('app')! })

// What is opened on it, once it has come.
function open(n: number) {
  const button = document.querySelectorAll<HTMLElement>('[aria-expanded]')[n]
  if (button) button.click()
  else requestAnimationFrame(() => open(n))
}
if (scene.opens !== undefined) open(scene.opens)
