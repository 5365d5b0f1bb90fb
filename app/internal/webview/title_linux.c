/* The title bar that KDE's compositor draws, in the theme that the person has chosen in the
   window. What the desktop itself wishes, the compositor draws unasked. GTK 3 does not speak
   of it (org_kde_kwin_server_decoration_palette_manager, version 1). */
#include <gtk/gtk.h>
#include <string.h>
#ifdef GDK_WINDOWING_WAYLAND
#include <gdk/gdkwayland.h>
#include <wayland-client.h>
#endif

#include "title_linux.h"
#include "webview_linux.h"

#ifdef GDK_WINDOWING_WAYLAND

static const struct wl_interface palette_interface;
static const struct wl_interface *create_types[] = {&palette_interface, &wl_surface_interface};
static const struct wl_interface *no_types[] = {NULL};
static const struct wl_message manager_requests[] = {{"create", "no", create_types}};
static const struct wl_message palette_requests[] = {{"set_palette", "s", no_types}, {"release", "", no_types}};
static const struct wl_interface manager_interface = {"org_kde_kwin_server_decoration_palette_manager", 1, 1, manager_requests, 0, NULL};
static const struct wl_interface palette_interface = {"org_kde_kwin_server_decoration_palette", 1, 2, palette_requests, 0, NULL};

static struct wl_proxy *manager, *palette; /* main thread only */
static struct wl_surface *painted;         /* palette's */

static void global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	(void)data;
	(void)version;
	if (manager == NULL && strcmp(interface, manager_interface.name) == 0)
		manager = wl_registry_bind(registry, name, &manager_interface, 1);
}

static void gone(void *data, struct wl_registry *registry, uint32_t name) {
	(void)data;
	(void)registry;
	(void)name;
}

/* find asks once what the compositor offers. */
static void find(struct wl_display *display) {
	static const struct wl_registry_listener listener = {global, gone};
	static gboolean asked;
	if (asked)
		return;
	asked = TRUE;
	/* On a queue of its own: GDK's events are GDK's. */
	struct wl_event_queue *queue = wl_display_create_queue(display);
	struct wl_display *wrapper = wl_proxy_create_wrapper(display);
	wl_proxy_set_queue((struct wl_proxy *)wrapper, queue);
	struct wl_registry *registry = wl_display_get_registry(wrapper);
	wl_proxy_wrapper_destroy(wrapper);
	wl_registry_add_listener(registry, &listener, NULL);
	wl_display_roundtrip_queue(display, queue);
	wl_registry_destroy(registry);
	if (manager != NULL)
		wl_proxy_set_queue(manager, NULL); /* it has no events, and neither has what it makes */
	wl_event_queue_destroy(queue);
}

void munpae_title_bar(GtkWindow *window, int scheme) {
	GdkDisplay *display = gdk_display_get_default();
	GdkWindow *frame = window != NULL ? gtk_widget_get_window(GTK_WIDGET(window)) : NULL;
	if (frame == NULL || !GDK_IS_WAYLAND_DISPLAY(display) || !gdk_window_is_visible(frame))
		return;
	struct wl_surface *surface = gdk_wayland_window_get_wl_surface(frame);
	if (surface == NULL || (palette == NULL && scheme == MUNPAE_AS_FOUND))
		return;
	find(gdk_wayland_display_get_wl_display(display));
	if (manager == NULL)
		return;
	if (palette != NULL && painted != surface) {
		wl_proxy_marshal(palette, 1);
		wl_proxy_destroy(palette);
		palette = NULL;
	}
	if (palette == NULL)
		palette = wl_proxy_marshal_constructor(manager, 0, &palette_interface, NULL, surface);
	painted = surface;
	if (palette != NULL)
		wl_proxy_marshal(palette, 0, scheme == MUNPAE_PREFER_DARK ? "BreezeDark" : scheme == MUNPAE_PREFER_LIGHT ? "BreezeLight" : "");
}

#else

void munpae_title_bar(GtkWindow *window, int scheme) {
	(void)window;
	(void)scheme;
}

#endif
