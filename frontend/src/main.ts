import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import { Connection } from './bridge'
import { served, ui } from './ui.svelte'

const connection = new Connection(window, window.fetch, {
  state: (s) => ui.show(s),
  home: (h) => ui.showHome(h),
  outside: () => (ui.outside = true),
})
ui.bridge = connection
// Nothing is drawn before its words are here.
const words = ui.speak(served().language)
void connection.start(words)
void words.then(() => mount(App, { target: document.getElementById('app')! }))
