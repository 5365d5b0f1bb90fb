// What vite.config.ts reads from app/internal/words for the window.
declare module 'virtual:languages' {
  // By tag: what each language calls itself.
  export const languages: Record<string, string>
}
declare module 'virtual:said/*' {
  import type { Catalogue } from './fill'
  const said: Catalogue
  export default said
}
