#include <gtk/gtk.h>
#ifdef GDK_WINDOWING_X11
#include <gdk/gdkx.h>
#endif
#ifdef GDK_WINDOWING_WAYLAND
#include <gdk/gdkwayland.h>
#endif
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "input_linux.h"
#include "title_linux.h"
#include "webview_linux.h"

extern void munpaeTerminated(int reason);
extern void munpaeFailed(char *why, int part);
extern void munpaeWaits(void);
extern void munpaeFinished(void);
extern int munpaeKeeps(char *name, char *path);
extern void munpaeBlocked(char *address);
extern void munpaeAttention(int wanted);
extern void munpaeCopied(int done);
extern void munpaeToken(char *token);

static WebKitWebView *view; /* Wails' only one; main thread only */
static int whole;             /* leave the page what the web can do */
static char *origin;        /* "http://127.0.0.1:PORT", no slash */

/* at_origin: origin itself or anything below it, nothing that merely starts alike. */
static gboolean at_origin(const char *uri) {
	size_t n = strlen(origin);
	return n > 0 && strncmp(uri, origin, n) == 0 && (uri[n] == '\0' || uri[n] == '/');
}

WebKitWebView *munpae_view(void) { return view; }

/* ours: the document that this program itself draws, not one of a program around it. */
static gboolean ours(const char *uri) {
	return at_origin(uri) && strncmp(uri + strlen(origin), "/munpae/", 8) == 0;
}

static gboolean allowed(const char *uri) {
	return uri != NULL && (at_origin(uri) || strncmp(uri, "wails://wails/", 14) == 0);
}

/* A document that is none, such as a refusal in JSON, stays out of sight: what was
   shown before stays, and whoever watches the page hears of it. */
static gboolean answered(WebKitResponsePolicyDecision *d) {
	WebKitURIResponse *r = webkit_response_policy_decision_get_response(d);
	const char *uri = webkit_uri_response_get_uri(r);
	if (!at_origin(uri))
		return FALSE;
	guint status = webkit_uri_response_get_status_code(r);
	gboolean html = g_strcmp0(webkit_uri_response_get_mime_type(r), "text/html") == 0;
	if (html && (status < 400 || !ours(uri)))
		return FALSE;
	webkit_policy_decision_ignore(WEBKIT_POLICY_DECISION(d));
	char why[32];
	g_snprintf(why, sizeof why, "status %u", status);
	if (status >= 400)
		munpaeFailed(why, FALSE);
	else
		munpaeBlocked((char *)uri);
	return TRUE;
}

/* The window shows the origin and Wails' boot page. Everything else, and every
   new window, is refused before a request leaves. */
static gboolean decide(WebKitWebView *v, WebKitPolicyDecision *d, WebKitPolicyDecisionType type, gpointer data) {
	(void)v;
	(void)data;
	if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE)
		return answered(WEBKIT_RESPONSE_POLICY_DECISION(d));
	WebKitNavigationAction *a =
		webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(d));
	const char *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(a));
	if (type == WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION && allowed(uri))
		return FALSE;
	munpaeBlocked((char *)uri);
	webkit_policy_decision_ignore(d);
	return TRUE;
}

static gboolean load_broke; /* a load that failed is finished, too */

/* Never the engine's own page, which speaks to developers. */
static gboolean load_failed(WebKitWebView *v, WebKitLoadEvent event, const char *uri, GError *e, gpointer data) {
	(void)v;
	(void)event;
	(void)data;
	load_broke = TRUE;
	gboolean given_up = g_error_matches(e, WEBKIT_NETWORK_ERROR, WEBKIT_NETWORK_ERROR_CANCELLED) || e->domain == WEBKIT_POLICY_ERROR;
	if (!given_up && at_origin(uri))
		munpaeFailed(e->message, FALSE);
	return TRUE;
}

static GtkWindow *window(void);

/* A picture of 1024 x 1024, as Wails gives it to the window, is more than X takes for
   _NET_WM_ICON, and GDK leaves it out: a taskbar then shows none. */
static gboolean icons(gpointer data) {
	(void)data;
	GtkWindow *w = window();
	GdkPixbuf *picture = w != NULL ? gtk_window_get_icon(w) : NULL;
	if (picture == NULL || gdk_pixbuf_get_width(picture) <= 256)
		return G_SOURCE_REMOVE;
	static const int sizes[] = {256, 128, 64, 48, 32, 16};
	GList *all = NULL;
	g_object_ref(picture);
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		GdkPixbuf *smaller = gdk_pixbuf_scale_simple(picture, sizes[i], sizes[i], GDK_INTERP_BILINEAR);
		g_object_unref(picture);
		if ((picture = smaller) == NULL)
			break;
		all = g_list_append(all, g_object_ref(picture));
	}
	g_clear_object(&picture);
	gtk_window_set_icon_list(w, all);
	g_list_free_full(all, g_object_unref);
	return G_SOURCE_REMOVE;
}

static gint network_works;

int munpae_network_works(void) { return g_atomic_int_get(&network_works); }

static void load_changed(WebKitWebView *v, WebKitLoadEvent event, gpointer data) {
	(void)data;
	const char *uri = webkit_web_view_get_uri(v);
	if (event == WEBKIT_LOAD_COMMITTED && uri != NULL && at_origin(uri)) {
#ifdef GDK_WINDOWING_X11
		if (!g_atomic_int_get(&network_works) && GDK_IS_X11_DISPLAY(gdk_display_get_default()))
			g_idle_add_full(G_PRIORITY_LOW, icons, NULL, NULL);
#endif
		g_atomic_int_set(&network_works, 1);
	}
	if (event == WEBKIT_LOAD_STARTED)
		load_broke = FALSE;
	if (event == WEBKIT_LOAD_FINISHED && !load_broke && uri != NULL && at_origin(uri))
		munpaeFinished();
}

static void part_failed(WebKitWebResource *r, GError *e, gpointer data) {
	(void)r;
	(void)data;
	if (!g_error_matches(e, WEBKIT_NETWORK_ERROR, WEBKIT_NETWORK_ERROR_CANCELLED))
		munpaeFailed(e->message, TRUE);
}

static void part_finished(WebKitWebResource *r, gpointer data) {
	(void)data;
	WebKitURIResponse *answer = webkit_web_resource_get_response(r);
	guint status = answer ? webkit_uri_response_get_status_code(answer) : 0;
	if (status < 400)
		return;
	char why[32];
	g_snprintf(why, sizeof why, "part: status %u", status);
	munpaeFailed(why, TRUE);
}

/* A page whose script or style did not arrive is as blank as one that did not come. */
static void resource(WebKitWebView *v, WebKitWebResource *r, WebKitURIRequest *request, gpointer data) {
	(void)v;
	(void)data;
	const char *uri = webkit_uri_request_get_uri(request);
	if (!ours(uri) || strncmp(uri + strlen(origin), "/munpae/assets/", 15) != 0)
		return;
	g_signal_connect(r, "failed", G_CALLBACK(part_failed), NULL);
	g_signal_connect(r, "finished", G_CALLBACK(part_finished), NULL);
}

static void terminated(WebKitWebView *v, WebKitWebProcessTerminationReason reason, gpointer data) {
	(void)v;
	(void)data;
	munpaeTerminated((int)reason);
}

#if WEBKIT_CHECK_VERSION(2, 40, 0)
/* Whoever presses something asks the page for a sign of life. A web process that gives
   none for this long, in seconds, hangs: another takes its place. */
enum { HUNG = 10 };

static guint asked;    /* the timer, 0 when nothing is asked */
static gboolean waits; /* what was asked waits for a dialog, and that was said */

static void alive(GObject *v, GAsyncResult *result, gpointer data) {
	(void)data;
	JSCValue *one = webkit_web_view_evaluate_javascript_finish(WEBKIT_WEB_VIEW(v), result, NULL);
	if (one != NULL)
		g_object_unref(one);
	if (asked != 0)
		g_source_remove(asked);
	asked = 0;
}

static gboolean hung(gpointer data) {
	(void)data;
	/* A page that prints stands still until the dialog is closed. */
	if (gtk_grab_get_current() != NULL) {
		if (!waits)
			munpaeWaits();
		waits = TRUE;
		return G_SOURCE_CONTINUE;
	}
	asked = 0;
	if (view != NULL && ours(webkit_web_view_get_uri(view))) {
		webkit_web_view_terminate_web_process(view);
		munpaeFailed("the web process hangs", FALSE);
	}
	return G_SOURCE_REMOVE;
}

static void ask_for_life(void) {
	/* A program's own page may compute, or ask with alert(), for as long as it likes. */
	const char *uri = view != NULL ? webkit_web_view_get_uri(view) : NULL;
	if (uri == NULL || !ours(uri) || asked != 0)
		return;
	waits = FALSE;
	asked = g_timeout_add_seconds(HUNG, hung, NULL);
	webkit_web_view_evaluate_javascript(view, "1", -1, "munpae", NULL, NULL, alive, NULL);
}
#else
static void ask_for_life(void) {}
#endif

static gboolean touched(GtkWidget *w, GdkEvent *e, gpointer data) {
	(void)w;
	(void)e;
	(void)data;
	ask_for_life();
	return FALSE;
}

/* Camera, position, notifications and the like: the page needs none. */
static gboolean permission(WebKitWebView *v, WebKitPermissionRequest *r, gpointer data) {
	(void)v;
	(void)data;
	webkit_permission_request_deny(r);
	return TRUE;
}

static void settings(WebKitWebView *v) {
	WebKitSettings *s = webkit_web_view_get_settings(v);
	webkit_settings_set_enable_page_cache(s, FALSE);
	webkit_settings_set_enable_back_forward_navigation_gestures(s, FALSE);
	webkit_settings_set_javascript_can_open_windows_automatically(s, FALSE);
	if (whole)
		return;
	webkit_settings_set_enable_html5_database(s, FALSE);
	webkit_settings_set_enable_html5_local_storage(s, FALSE);
	webkit_settings_set_enable_webgl(s, FALSE);
	webkit_settings_set_enable_webaudio(s, FALSE);
	webkit_settings_set_enable_media(s, FALSE);
	webkit_settings_set_enable_media_stream(s, FALSE);
	webkit_settings_set_enable_mediasource(s, FALSE);
	webkit_settings_set_javascript_can_access_clipboard(s, FALSE);
}

/* Cross-Origin-Opener-Policy, which every answer of the origin carries, makes
   WebKit throw the new web process away and start another for the same page: half
   the time to the first picture. This window has no opener, opens none, and goes
   nowhere else, so there is nothing here for the policy to keep apart. */
static void without_process_swap(WebKitSettings *s) {
#if WEBKIT_CHECK_VERSION(2, 42, 0)
	WebKitFeatureList *all = webkit_settings_get_all_features();
	for (gsize i = 0; i < webkit_feature_list_get_length(all); i++) {
		WebKitFeature *f = webkit_feature_list_get(all, i);
		/* The others speak to a server that a page names, past its policy. */
		static const char *const off[] = {"CrossOriginOpenerPolicy", "LinkPreconnect", "LinkPreconnectEarlyHints", "LinkPrefetch",
			"LinkDNSPrefetch", "DownloadAttribute", NULL};
		if (g_strv_contains(off, webkit_feature_get_identifier(f)))
			webkit_settings_set_feature_enabled(s, f, FALSE);
	}
	webkit_feature_list_unref(all);
#else
	(void)s;
#endif
}

static void dress(void);
static void mapped(GtkWidget *w, gpointer data);

/* Wails keeps its view to itself. A hook on a signal of every widget sees it the
   moment it is packed into the window, before its first load. */
static gboolean seen(GSignalInvocationHint *hint, guint n, const GValue *values, gpointer data) {
	(void)hint;
	(void)n;
	(void)data;
	GObject *o = g_value_get_object(&values[0]);
	if (!WEBKIT_IS_WEB_VIEW(o))
		return TRUE;
	view = WEBKIT_WEB_VIEW(o);
	g_object_add_weak_pointer(G_OBJECT(view), (gpointer *)&view);
	settings(view);
	without_process_swap(webkit_web_view_get_settings(view));
	dress();
	munpae_input(view);
	munpae_gate(view);
	g_signal_connect(view, "map", G_CALLBACK(mapped), NULL);
	g_signal_connect(view, "decide-policy", G_CALLBACK(decide), NULL);
	g_signal_connect(view, "web-process-terminated", G_CALLBACK(terminated), NULL);
	g_signal_connect(view, "button-press-event", G_CALLBACK(touched), NULL);
	g_signal_connect(view, "key-press-event", G_CALLBACK(touched), NULL);
	g_signal_connect(view, "load-failed", G_CALLBACK(load_failed), NULL);
	g_signal_connect(view, "load-changed", G_CALLBACK(load_changed), NULL);
	g_signal_connect(view, "resource-load-started", G_CALLBACK(resource), NULL);
	g_signal_connect(view, "permission-request", G_CALLBACK(permission), NULL);
	return FALSE; /* one is enough */
}

/* The page is drawn without a GPU (WebviewGpuPolicyNever), yet WebKitGTK looks for
   one in this process as well, and finds Mesa and with it LLVM: 20 MB and some
   tens of milliseconds for nothing. libglvnd reads its list of vendors once, at
   the first call; it is told of an empty one here, and the web process, which
   aborts without any EGL display, is not. */
static void without_gl(void) {
	const char *name = "__EGL_VENDOR_LIBRARY_FILENAMES";
	if (getenv(name) != NULL || getenv("__EGL_VENDOR_LIBRARY_DIRS") != NULL)
		return;
	void *egl = dlopen("libEGL.so.1", RTLD_LAZY | RTLD_LOCAL);
	if (egl == NULL)
		return;
	void *(*display)(void *) = (void *(*)(void *))dlsym(egl, "eglGetDisplay");
	if (display == NULL)
		return;
	setenv(name, "/dev/null", 1);
	display(NULL);
	unsetenv(name);
}

/* Wails uses the default web context, which keeps HSTS, storage and the like in
   the person's data folder under the program's name, whatever the profile. Its
   data manager can be given at construction only, and nobody asks: so it is put in
   when the first context is being constructed. */
static char *data_dir;
static void (*context_constructed)(GObject *);

static void with_data_dir(GObject *o) {
	GObjectClass *class = G_OBJECT_GET_CLASS(o);
	GParamSpec *spec = g_object_class_find_property(class, "website-data-manager");
	if (spec != NULL && data_dir != NULL) {
		GValue v = G_VALUE_INIT;
		g_value_init(&v, WEBKIT_TYPE_WEBSITE_DATA_MANAGER);
		g_value_take_object(&v, webkit_website_data_manager_new("base-data-directory", data_dir,
			"base-cache-directory", data_dir, NULL));
		class->set_property(o, spec->param_id, &v, spec);
		g_value_unset(&v);
	}
	context_constructed(o);
}

int munpae_display(void) {
	static int opened;
	if (opened)
		return 1;
	/* Without this GTK looks for OpenGL while it opens the display and finds Mesa's
	   software renderer: 16 MB and 100 ms for a page of text. */
	setenv("GDK_GL", "disable", 0);
	opened = gtk_init_check(NULL, NULL);
	return opened;
}

/* The webview knows GTK's theme for white on black as one for more contrast, and not that
   it is dark. */
static gboolean schemed; /* the desktop or the person says what is preferred */

static void inverse(GtkSettings *s, GParamSpec *spec, gpointer data) {
	(void)spec;
	(void)data;
	static gboolean set;
	if (schemed)
		return;
	char *theme = NULL;
	g_object_get(s, "gtk-theme-name", &theme, NULL);
	gboolean is = g_strcmp0(theme, "HighContrastInverse") == 0;
	g_free(theme);
	if (is)
		g_object_set(s, "gtk-application-prefer-dark-theme", TRUE, NULL);
	else if (set)
		gtk_settings_reset_property(s, "gtk-application-prefer-dark-theme");
	set = is;
}

#ifdef GDK_WINDOWING_WAYLAND
/* The GPU is left alone on purpose; under Wayland WebKit says so on the terminal. */
static void without_that(const char *domain, GLogLevelFlags level, const char *message, gpointer data) {
	if (!g_str_has_prefix(message, "Disabled hardware acceleration"))
		g_log_default_handler(domain, level, message, data);
}
#endif

/* Nothing is downloaded: what a person may save, the program writes. */
static void downloads(WebKitWebContext *c, WebKitDownload *d, gpointer data) {
	(void)c;
	(void)data;
	munpaeBlocked((char *)webkit_uri_request_get_uri(webkit_download_get_request(d)));
	webkit_download_cancel(d);
}

int munpae_prepare(const char *jar, const char *o, const char *data, int w) {
	whole = w;
	/* WebKit stops its threads with this signal, and says on the terminal that Go's
	   runtime, which has no use for it, was there before. */
	signal(SIGUSR1, SIG_DFL);
	if (!munpae_display())
		return 0;
	origin = strdup(o);
	/* For the web process: the page runs for milliseconds, so compiling its scripts
	   costs more than it saves, and memory that is writable and then executable is
	   what an attack on the engine looks for. */
	if (!whole)
		setenv("JSC_useJIT", "0", 0);

	GtkSettings *looks = gtk_settings_get_default();
	inverse(looks, NULL, NULL);
	g_signal_connect(looks, "notify::gtk-theme-name", G_CALLBACK(inverse), NULL);
#ifdef GDK_WINDOWING_WAYLAND
	if (GDK_IS_WAYLAND_DISPLAY(gdk_display_get_default()))
		g_log_set_handler(NULL, G_LOG_LEVEL_WARNING, without_that, NULL);
#endif
#ifdef GDK_WINDOWING_X11
	if (GDK_IS_X11_DISPLAY(gdk_display_get_default())) /* not tried on Wayland */
		without_gl();
#endif

	if (*data) {
		GObjectClass *class = g_type_class_ref(WEBKIT_TYPE_WEB_CONTEXT);
		data_dir = strdup(data);
		context_constructed = class->constructed;
		class->constructed = with_data_dir;
	}
	/* WebKit would open its inspector there to whoever connects. */
	unsetenv("WEBKIT_INSPECTOR_SERVER");
	unsetenv("WEBKIT_INSPECTOR_HTTP_SERVER");
	WebKitWebContext *context = webkit_web_context_get_default();
	g_signal_connect(context, "download-started", G_CALLBACK(downloads), NULL);
	/* One page of our own, served from memory: no disk cache, no page cache. */
	webkit_web_context_set_cache_model(context, WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER);
	/* The window speaks to this program and to nobody else. Through a proxy, of the
	   environment or the desktop, its page never came, and its cookies left. */
	webkit_website_data_manager_set_network_proxy_settings(
		webkit_web_context_get_website_data_manager(context), WEBKIT_NETWORK_PROXY_MODE_NO_PROXY, NULL);
	if (*jar)
		webkit_cookie_manager_set_persistent_storage(
			webkit_web_context_get_cookie_manager(context), jar, WEBKIT_COOKIE_PERSISTENT_STORAGE_SQLITE);

	g_type_class_unref(g_type_class_ref(WEBKIT_TYPE_WEB_VIEW)); /* the signal exists from here on */
	g_signal_add_emission_hook(g_signal_lookup("parent-set", GTK_TYPE_WIDGET), 0, seen, NULL, NULL);
	return 1;
}

static gboolean load(gpointer data) {
	char *address = data;
	if (view != NULL && at_origin(address))
		webkit_web_view_load_uri(view, address);
	free(address);
	return G_SOURCE_REMOVE;
}

void munpae_load(char *address) {
	g_idle_add_full(G_PRIORITY_HIGH, load, address, NULL);
}

/* A page may set more cookies than a request may carry, and then nothing of the origin
   answers any more. */
struct healing {
	char *address; /* NULL once it is loaded */
	gboolean late, answered;
};

static void go_on(struct healing *h) {
	if (h->address != NULL)
		load(h->address);
	h->address = NULL;
	if (h->late && h->answered)
		g_free(h);
}

static void cookies_told(GObject *manager, GAsyncResult *result, gpointer data) {
	struct healing *h = data;
	GList *all = webkit_cookie_manager_get_cookies_finish(WEBKIT_COOKIE_MANAGER(manager), result, NULL);
	for (GList *l = all; l != NULL; l = l->next) {
		SoupCookie *c = l->data;
		if (!munpaeKeeps((char *)soup_cookie_get_name(c), (char *)soup_cookie_get_path(c)))
			webkit_cookie_manager_delete_cookie(WEBKIT_COOKIE_MANAGER(manager), c, NULL, NULL, NULL);
	}
	g_list_free_full(all, (GDestroyNotify)soup_cookie_free);
	h->answered = TRUE;
	go_on(h);
}

static gboolean no_answer(gpointer data) {
	struct healing *h = data;
	h->late = TRUE;
	go_on(h);
	return G_SOURCE_REMOVE;
}

static gboolean heal(gpointer data) {
	struct healing *h = g_new0(struct healing, 1);
	h->address = data;
	webkit_cookie_manager_get_cookies(webkit_web_context_get_cookie_manager(webkit_web_context_get_default()), h->address, NULL, cookies_told, h);
	g_timeout_add(500, no_answer, h); /* a network process that hangs is no reason to wait */
	return G_SOURCE_REMOVE;
}

void munpae_heal(char *address) {
	g_idle_add_full(G_PRIORITY_HIGH, heal, address, NULL);
}

static gboolean end_web_process(gpointer data) {
	(void)data;
	if (view != NULL)
		webkit_web_view_terminate_web_process(view);
	return G_SOURCE_REMOVE;
}

void munpae_end_web_process(void) {
	g_idle_add_full(G_PRIORITY_HIGH, end_web_process, NULL, NULL);
}

static GtkWindow *window(void) {
	GtkWidget *top = view ? gtk_widget_get_toplevel(GTK_WIDGET(view)) : NULL;
	return GTK_IS_WINDOW(top) ? GTK_WINDOW(top) : NULL;
}

static gboolean focused(GtkWidget *w, GdkEvent *e, gpointer data) {
	(void)e;
	(void)data;
	gtk_window_set_urgency_hint(GTK_WINDOW(w), FALSE);
	munpaeAttention(FALSE);
	g_signal_handlers_disconnect_by_func(w, G_CALLBACK(focused), NULL);
	return FALSE;
}

/* A compositor may have no seat, as one that nobody sits at. GDK falls over that. */
static gboolean seated(void) {
	return gdk_display_get_default_seat(gdk_display_get_default()) != NULL;
}

/* A token for what the person did last in this window, which under Wayland lets another
   window come to the front. NULL where there is none; g_free. */
static char *activation(void) {
	char *token = NULL;
#ifdef GDK_WINDOWING_WAYLAND
	GdkDisplay *display = gdk_display_get_default();
	if (!GDK_IS_WAYLAND_DISPLAY(display) || !seated() || gdk_seat_get_keyboard(gdk_display_get_default_seat(display)) == NULL)
		return NULL;
	GdkAppLaunchContext *context = gdk_display_get_app_launch_context(display);
	GAppInfo *any = g_app_info_create_from_commandline("true", NULL, G_APP_INFO_CREATE_SUPPORTS_STARTUP_NOTIFICATION, NULL);
	if (any != NULL) {
		token = g_app_launch_context_get_startup_notify_id(G_APP_LAUNCH_CONTEXT(context), any, NULL);
		g_object_unref(any);
	}
	g_object_unref(context);
#endif
	return token;
}

static gboolean tell_token(gpointer data) {
	(void)data;
	char *token = activation();
	munpaeToken(token != NULL ? token : "");
	g_free(token);
	return G_SOURCE_REMOVE;
}

void munpae_token(void) {
	g_idle_add(tell_token, NULL);
}

/* A window manager that guards the focus leaves the window where it is. */
static gboolean urge(gpointer data) {
	(void)data;
	GtkWindow *w = window();
	if (w != NULL && !gtk_window_is_active(w) && !gtk_window_get_urgency_hint(w)) {
		gtk_window_set_urgency_hint(w, TRUE);
		g_signal_connect(w, "focus-in-event", G_CALLBACK(focused), NULL);
		munpaeAttention(TRUE);
	}
	return G_SOURCE_REMOVE;
}

struct wish {
	char *token;
	int asked;
};

static gboolean raise_window(gpointer data) {
	struct wish *wish = data;
	char *token = wish->token;
	GtkWindow *w = window();
	ask_for_life();
	if (w != NULL) {
		guint32 time = GDK_CURRENT_TIME;
		GdkWindow *g = gtk_widget_get_window(GTK_WIDGET(w));
#ifdef GDK_WINDOWING_X11
		/* Without the server's time, focus stealing prevention takes the request for an old one. */
		if (g != NULL && GDK_IS_X11_WINDOW(g)) {
			time = gdk_x11_get_server_time(g);
			/* From another workspace than the person's, no program may come by itself. */
			if (wish->asked)
				gdk_x11_window_move_to_current_desktop(g);
		}
#endif
		gtk_window_deiconify(w);
		/* Presents, with the token's right to the focus. Without any, a compositor hears
		   nothing at all; an old one at least makes the window urgent. */
		char *own = *token ? NULL : activation();
		if (*token || own != NULL)
			gtk_window_set_startup_id(w, *token ? token : own);
		g_free(own);
		gtk_window_present_with_time(w, time);
		g_timeout_add(500, urge, NULL);
	}
	free(token);
	free(wish);
	return G_SOURCE_REMOVE;
}

void munpae_raise(char *token, int asked) {
	struct wish *wish = malloc(sizeof *wish);
	*wish = (struct wish){token, asked};
	g_idle_add(raise_window, wish);
}

/* Asked without waiting: whoever owns the clipboard may hang. */
static void still_there(GtkClipboard *c, const gchar *text, gpointer data) {
	if (text != NULL && strcmp(text, data) == 0) {
		gtk_clipboard_set_text(c, "", 0); /* ours now, whoever kept it */
		gtk_clipboard_clear(c);
	}
	free(data);
}

static gboolean copy(gpointer data) {
	char *text = data;
	gboolean there = seated();
	if (there) {
		gtk_clipboard_set_text(gtk_clipboard_get(GDK_SELECTION_CLIPBOARD), text, -1);
		gtk_clipboard_set_text(gtk_clipboard_get(GDK_SELECTION_PRIMARY), text, -1);
	}
	free(text);
	munpaeCopied(there);
	return G_SOURCE_REMOVE;
}

void munpae_copy(char *text) {
	g_idle_add(copy, text);
}

static gboolean announce(gpointer data) {
	GtkWindow *w = window();
	guint signal = g_signal_lookup("announcement", ATK_TYPE_OBJECT); /* ATK 2.46 */
	if (w != NULL && signal != 0)
		g_signal_emit(gtk_widget_get_accessible(GTK_WIDGET(w)), signal, 0, data);
	free(data);
	return G_SOURCE_REMOVE;
}

void munpae_announce(char *text) {
	g_idle_add(announce, text);
}

static char *style; /* rules for our own pages, or NULL; main thread only */

static void dress(void) {
	if (view == NULL)
		return;
	WebKitUserContentManager *m = webkit_web_view_get_user_content_manager(view);
	webkit_user_content_manager_remove_all_style_sheets(m);
	if (style == NULL || *style == '\0')
		return;
	/* A pattern knows no port: nothing but the origin is shown here anyhow. */
	char *host = g_strndup(origin, strrchr(origin, ':') - origin);
	char *pages = g_strconcat(host, "/munpae/*", NULL);
	const char *const allowed[] = {pages, NULL};
	WebKitUserStyleSheet *sheet = webkit_user_style_sheet_new(style, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME,
		WEBKIT_USER_STYLE_LEVEL_USER, allowed, NULL);
	webkit_user_content_manager_add_style_sheet(m, sheet);
	webkit_user_style_sheet_unref(sheet);
	g_free(pages);
	g_free(host);
}

/* GTK's settings are the one place where the title bar and the webview look, and the
   webview knows a wish for contrast by GTK's two themes for it alone. */
struct look {
	int scheme, contrast, bar;
	char *style;
};

static int bar; /* of enum munpae_scheme; main thread only */

static gboolean dress_bar(gpointer data) {
	(void)data;
	munpae_title_bar(window(), bar);
	return G_SOURCE_REMOVE;
}

/* The view is mapped before the window around it. */
static void mapped(GtkWidget *w, gpointer data) {
	(void)w;
	(void)data;
	g_idle_add(dress_bar, NULL);
}

static gboolean appear(gpointer data) {
	static gboolean themed;
	struct look *look = data;
	int scheme = look->scheme, contrast = look->contrast;
	GtkSettings *s = gtk_settings_get_default();
	if (scheme != MUNPAE_AS_FOUND)
		g_object_set(s, "gtk-application-prefer-dark-theme", scheme == MUNPAE_PREFER_DARK, NULL);
	else if (schemed)
		gtk_settings_reset_property(s, "gtk-application-prefer-dark-theme");
	schemed = scheme != MUNPAE_AS_FOUND;
	inverse(s, NULL, NULL);
	if (contrast)
		g_object_set(s, "gtk-theme-name", scheme == MUNPAE_PREFER_DARK ? "HighContrastInverse" : "HighContrast", NULL);
	else if (themed)
		gtk_settings_reset_property(s, "gtk-theme-name");
	themed = contrast;
	free(style);
	style = look->style;
	bar = look->bar;
	free(look);
	dress();
	dress_bar(NULL);
	return G_SOURCE_REMOVE;
}

void munpae_appear(int scheme, int contrast, int own, char *rules, int now) {
	struct look *look = malloc(sizeof *look);
	*look = (struct look){scheme, contrast, own, rules};
	if (now)
		appear(look);
	else
		g_idle_add(appear, look);
}

static gboolean forget(gpointer data) {
	char *text = data;
	if (!seated()) {
		free(text);
		return G_SOURCE_REMOVE;
	}
	gtk_clipboard_request_text(gtk_clipboard_get(GDK_SELECTION_CLIPBOARD), still_there, strdup(text));
	gtk_clipboard_request_text(gtk_clipboard_get(GDK_SELECTION_PRIMARY), still_there, strdup(text));
	free(text);
	return G_SOURCE_REMOVE;
}

void munpae_forget(char *text) {
	g_idle_add(forget, text);
}

static gboolean quit(gpointer data) {
	(void)data;
	gtk_main_quit();
	return G_SOURCE_REMOVE;
}

void munpae_quit(void) {
	g_idle_add(quit, NULL);
}

void munpae_work_area(int *width, int *height, int *least_width, int *least_height) {
	GdkDisplay *display = gdk_display_get_default();
	int x = 0, y = 0;
	GdkSeat *seat = gdk_display_get_default_seat(display);
	GdkDevice *pointer = seat ? gdk_seat_get_pointer(seat) : NULL;
	if (pointer != NULL)
		gdk_device_get_position(pointer, NULL, &x, &y);
	GdkRectangle area;
	*width = *height = *least_width = *least_height = 0;
	GdkMonitor *here = gdk_display_get_monitor_at_point(display, x, y);
	if (here == NULL)
		return;
	gdk_monitor_get_workarea(here, &area);
	*width = *least_width = area.width;
	*height = *least_height = area.height;
	for (int i = 0; i < gdk_display_get_n_monitors(display); i++) {
		gdk_monitor_get_workarea(gdk_display_get_monitor(display, i), &area);
		*least_width = MIN(*least_width, area.width);
		*least_height = MIN(*least_height, area.height);
	}
}

int munpae_dark(void) {
	gboolean dark = FALSE;
	char *theme = NULL;
	g_object_get(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", &dark, "gtk-theme-name", &theme, NULL);
	if (!dark && theme != NULL)
		dark = g_str_has_suffix(theme, "-dark") || g_str_has_suffix(theme, "-Dark") || g_str_has_suffix(theme, ":dark");
	g_free(theme);
	return dark;
}
