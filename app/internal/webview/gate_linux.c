/* What a page sends to Wails passes by here first. Wails' handler of the page's
   messages is held shut, and opened for each message that may pass. */
#include <gtk/gtk.h>
#include <webkit2/webkit2.h>

#include "webview_linux.h"

extern int munpaeMessage(char *message, char *uri);

static gulong wails; /* its handler */
static guint signal_id;
static GQuark detail;
static gboolean passing;

static void pass(WebKitUserContentManager *m, WebKitJavascriptResult *r) {
	passing = TRUE;
	g_signal_handler_unblock(m, wails);
	g_signal_emit(m, signal_id, detail, r);
	g_signal_handler_block(m, wails);
	passing = FALSE;
}

#if WEBKIT_CHECK_VERSION(2, 40, 0)
struct asked {
	WebKitUserContentManager *manager;
	WebKitJavascriptResult *message;
};

static void told(GObject *view, GAsyncResult *result, gpointer data) {
	struct asked *a = data;
	JSCValue *active = webkit_web_view_evaluate_javascript_finish(WEBKIT_WEB_VIEW(view), result, NULL);
	if (active != NULL) {
		if (jsc_value_is_boolean(active) && jsc_value_to_boolean(active))
			pass(a->manager, a->message);
		g_object_unref(active);
	}
	webkit_javascript_result_unref(a->message);
	g_object_unref(a->manager);
	g_free(a);
}

/* Has the person done something on the page in the last seconds? Asked in a world of
   our own, where the page's scripts can't answer for it. */
static void ask_for_gesture(WebKitUserContentManager *m, WebKitJavascriptResult *r) {
	if (munpae_view() == NULL)
		return;
	struct asked *a = g_new0(struct asked, 1);
	a->manager = g_object_ref(m);
	a->message = webkit_javascript_result_ref(r);
	webkit_web_view_evaluate_javascript(munpae_view(), "navigator.userActivation.isActive", -1, "munpae", NULL, NULL, told, a);
}
#else
static void ask_for_gesture(WebKitUserContentManager *m, WebKitJavascriptResult *r) {
	(void)m;
	(void)r;
}
#endif

static void received(WebKitUserContentManager *m, WebKitJavascriptResult *r, gpointer data) {
	(void)data;
	if (passing)
		return;
	char *text = jsc_value_to_string(webkit_javascript_result_get_js_value(r));
	const char *uri = munpae_view() != NULL ? webkit_web_view_get_uri(munpae_view()) : NULL;
	switch (munpaeMessage(text, (char *)(uri != NULL ? uri : ""))) {
	case MUNPAE_PASS:
		pass(m, r);
		break;
	case MUNPAE_GESTURE:
		ask_for_gesture(m, r);
		break;
	}
	g_free(text);
}

void munpae_gate(WebKitWebView *view) {
	WebKitUserContentManager *m = webkit_web_view_get_user_content_manager(view);
	signal_id = g_signal_lookup("script-message-received", WEBKIT_TYPE_USER_CONTENT_MANAGER);
	detail = g_quark_from_static_string("external");
	wails = g_signal_handler_find(m, G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DETAIL, signal_id, detail, NULL, NULL, NULL);
	if (wails == 0)
		g_error("munpae: Wails' handler of the page's messages is not where it was"); /* another Wails: never open */
	g_signal_handler_block(m, wails);
	g_signal_connect(m, "script-message-received::external", G_CALLBACK(received), NULL);
}
