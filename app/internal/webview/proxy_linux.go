package webview

/*
#cgo pkg-config: gio-2.0
#include <gio/gio.h>
#include <stdlib.h>
*/
import "C"

import (
	"context"
	"errors"
	"os"
	"unsafe"
)

// Proxies asks the desktop which proxies it has set for address, as URIs in the order
// in which to try them; direct:// means none. KDE's manual settings are read from its
// file, since not every libproxy finds them; else GIO knows the resolver: GNOME's
// settings, libproxy, the portal inside a sandbox. It may take long, where a script has
// to be fetched and run, and ends with ctx.
func Proxies(ctx context.Context, address string) ([]string, error) {
	if proxies, ok := kdeProxies(os.Getenv, address); ok {
		return proxies, nil
	}
	cancel := C.g_cancellable_new()
	defer C.g_object_unref(C.gpointer(cancel))
	// What ctx starts may still run after this has returned, so it holds it too.
	C.g_object_ref(C.gpointer(cancel))
	stop := context.AfterFunc(ctx, func() {
		defer C.g_object_unref(C.gpointer(cancel))
		C.g_cancellable_cancel(cancel)
	})
	defer func() {
		if stop() { // it never will
			C.g_object_unref(C.gpointer(cancel))
		}
	}()
	uri := C.CString(address)
	defer C.free(unsafe.Pointer(uri))
	var failed *C.GError
	found := C.g_proxy_resolver_lookup(C.g_proxy_resolver_get_default(), uri, cancel, &failed)
	if failed != nil {
		defer C.g_error_free(failed)
		return nil, errors.New("webview: " + C.GoString(failed.message))
	}
	defer C.g_strfreev(found)
	var proxies []string
	for _, p := range unsafe.Slice(found, C.g_strv_length(found)) {
		proxies = append(proxies, C.GoString(p))
	}
	return proxies, nil
}
