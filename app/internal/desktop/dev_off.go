//go:build !dev

package desktop

// dev reports that `wails dev` built this program.
const dev = false
