import 'svelte/elements'

declare module 'svelte/elements' {
  // WAI-ARIA 1.3; svelte's own list ends at 1.2.
  interface AriaAttributes {
    'aria-description'?: string | undefined
  }
}
