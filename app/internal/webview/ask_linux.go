package webview

/*
#include <stdlib.h>
#include "webview_linux.h"
*/
import "C"

import "unsafe"

// Ask shows a window of its own, made of GTK alone: no page, no web process, nothing
// of a profile. It returns the index of the button that was pressed, Closed if the
// window was closed. Call it from the main goroutine, before or instead of
// wails.Run; like Prepare it locks the goroutine to its thread. ErrNoDisplay.
func Ask(q Question) (pressed int, err error) {
	display()
	var free []unsafe.Pointer
	text := func(s string) *C.char {
		c := C.CString(s)
		free = append(free, unsafe.Pointer(c))
		return c
	}
	defer func() {
		for _, p := range free {
			C.free(p)
		}
	}()
	buttons := (**C.char)(C.calloc(C.size_t(len(q.Buttons)+1), C.size_t(unsafe.Sizeof((*C.char)(nil)))))
	free = append(free, unsafe.Pointer(buttons))
	for i, label := range q.Buttons {
		unsafe.Slice(buttons, len(q.Buttons))[i] = text(label)
	}
	switch n := C.munpae_ask(text(q.Name), text(q.Title), text(q.Happened), text(q.Next), buttons, C.int(len(q.Buttons))); n {
	case C.MUNPAE_NO_DISPLAY:
		return Closed, ErrNoDisplay
	case C.MUNPAE_CLOSED:
		return Closed, nil
	default:
		return int(n), nil
	}
}
