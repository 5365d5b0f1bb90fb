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
void connection.start()
// Nothing is drawn before its words are here.
void ui.speak(served().language).then(() => mount(App, { target: document.getElementById('app')! }))
