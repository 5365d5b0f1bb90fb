// app/internal/app/problems.json as vite.config.ts hands it to the window.
declare module 'virtual:catalogue' {
  // By action: the button's label in Korean and English.
  export const labels: Record<string, string[]>
  // By code: action, what happened and what to do in Korean, then in English.
  export const codes: Record<string, string[]>
}
