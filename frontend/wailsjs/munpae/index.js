// Written by Munpae beside what Wails generates. Do not edit.
const munpae = window.munpae
export const {
  getState, getUser, subscribe, signIn, cancel, openAgain, copyLink, useDeviceCode, checkNickname, signUp, useAnotherAccount, signOut,
  dismiss, retry, explain, openSignIn, openAccount,
} = munpae
