import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import { Connection } from './bridge'
import { ui } from './ui.svelte'

const connection = new Connection(window, window.fetch, {
  state: (s) => ui.show(s),
  home: (h) => ui.showHome(h),
  outside: () => (ui.outside = true),
})
ui.bridge = connection
void connection.start()
mount(App, { target: document.getElementById('app')! })
