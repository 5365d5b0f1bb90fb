import type { SetupWords } from './ko'

export const words: SetupWords = {
  title: 'Choose where to sign in',
  text: 'Register the app with a sign-in service and enter the keys it gives you. They are checked at once.',
  enter: (name) => `Enter ${name} keys`,
  register: {
    github: 'On GitHub, open Settings → Developer settings → OAuth Apps, register the app, and give this as its callback URL:',
    naver: 'At developers.naver.com, open Application and register the app with the API NAVER Login, for PC web, and these five callback URLs:',
  },
  id: 'Client ID',
  secret: 'Client secret',
  check: 'Check and save',
  checking: (name) => `Checking the keys with ${name}`,
  saved: (name) => `The keys are right, and saved. You can sign in with ${name} now.`,
  go: 'Go to sign-in',
  demo: 'No keys yet? Try it in the demo with practice accounts.',
  startDemo: 'Start the demo',
  file: 'Keys are kept in the settings file.',
  openSettings: 'Open settings folder',
}
