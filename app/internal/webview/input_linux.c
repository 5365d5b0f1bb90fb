/* The input method of the page's entries.

   WebKitGTK hands GTK's input method the web view's own GdkWindow. XIM, which GTK
   chooses for Korean, Japanese and Chinese where no other module is installed, asks
   for the X window behind it, and GDK then makes one, between the view and the
   frame. What is drawn without a GPU never reaches that one: from the first focus
   on, the picture stands still (WebKitGTK 2.50). So the input method is given the
   frame's window here, which has an X window from the start; everything else is
   passed on as WebKitGTK itself does. */
#include <gtk/gtk.h>
#include <webkit2/webkit2.h>

#include "input_linux.h"

typedef struct {
	WebKitInputMethodContext parent;
	GtkIMContext *im;
	GtkWidget *view;
	char *text; /* around the caret */
	int length, caret;
} MunpaeInput;

typedef WebKitInputMethodContextClass MunpaeInputClass;

G_DEFINE_TYPE(MunpaeInput, munpae_input, WEBKIT_TYPE_INPUT_METHOD_CONTEXT)

#define OURS(context) ((MunpaeInput *)(context))

/* What the input method says goes to the page. */

static void commit(GtkIMContext *im, const char *text, gpointer self) {
	(void)im;
	g_signal_emit_by_name(self, "committed", text);
}

static void preedit_start(GtkIMContext *im, gpointer self) {
	(void)im;
	g_signal_emit_by_name(self, "preedit-started");
}

static void preedit_changed(GtkIMContext *im, gpointer self) {
	(void)im;
	g_signal_emit_by_name(self, "preedit-changed");
}

static void preedit_end(GtkIMContext *im, gpointer self) {
	(void)im;
	g_signal_emit_by_name(self, "preedit-finished");
}

static gboolean retrieve_surrounding(GtkIMContext *im, gpointer self) {
	MunpaeInput *in = self;
	if (in->text == NULL)
		return FALSE;
	gtk_im_context_set_surrounding(im, in->text, in->length, in->caret);
	return TRUE;
}

static gboolean delete_surrounding(GtkIMContext *im, int offset, int characters, gpointer self) {
	(void)im;
	g_signal_emit_by_name(self, "delete-surrounding", offset, (guint)characters);
	return TRUE;
}

/* What the page says goes to the input method. */

static void set_enable_preedit(WebKitInputMethodContext *c, gboolean enabled) {
	gtk_im_context_set_use_preedit(OURS(c)->im, enabled);
}

/* Pango counts bytes where WebKit counts characters. */
static GList *underlines_of(const char *text, PangoAttrList *attributes) {
	GList *all = NULL;
	size_t bytes = strlen(text);
	PangoAttrIterator *i = pango_attr_list_get_iterator(attributes);
	do {
		if (pango_attr_iterator_get(i, PANGO_ATTR_UNDERLINE) == NULL)
			continue;
		int start, end;
		pango_attr_iterator_range(i, &start, &end);
		all = g_list_prepend(all, webkit_input_method_underline_new(
			g_utf8_pointer_to_offset(text, text + MIN((size_t)start, bytes)),
			g_utf8_pointer_to_offset(text, text + MIN((size_t)end, bytes))));
	} while (pango_attr_iterator_next(i));
	pango_attr_iterator_destroy(i);
	return g_list_reverse(all);
}

static void get_preedit(WebKitInputMethodContext *c, char **text, GList **underlines, guint *caret) {
	char *preedit = NULL;
	PangoAttrList *attributes = NULL;
	int at = 0;
	gtk_im_context_get_preedit_string(OURS(c)->im, &preedit, &attributes, &at);
	if (caret != NULL)
		*caret = at;
	if (underlines != NULL)
		*underlines = preedit != NULL && attributes != NULL ? underlines_of(preedit, attributes) : NULL;
	if (attributes != NULL)
		pango_attr_list_unref(attributes);
	if (text != NULL)
		*text = preedit;
	else
		g_free(preedit);
}

static gboolean filter_key_event(WebKitInputMethodContext *c, GdkEventKey *event) {
	return gtk_im_context_filter_keypress(OURS(c)->im, event);
}

static void notify_focus_in(WebKitInputMethodContext *c) { gtk_im_context_focus_in(OURS(c)->im); }

static void notify_focus_out(WebKitInputMethodContext *c) { gtk_im_context_focus_out(OURS(c)->im); }

static void notify_cursor_area(WebKitInputMethodContext *c, int x, int y, int width, int height) {
	MunpaeInput *in = OURS(c);
	GdkRectangle area = {x, y, width, height};
	/* The frame's window is the input method's: its corner counts. WebKitGTK has added the
	   view's place in its parent already, which is not the corner of the view. */
	GtkAllocation place;
	gtk_widget_get_allocation(in->view, &place);
	gtk_widget_translate_coordinates(in->view, gtk_widget_get_toplevel(in->view), x - place.x, y - place.y, &area.x, &area.y);
	gtk_im_context_set_cursor_location(in->im, &area);
}

static void notify_surrounding(WebKitInputMethodContext *c, const char *text, guint length, guint caret, guint selection) {
	(void)selection;
	MunpaeInput *in = OURS(c);
	g_free(in->text);
	in->text = g_strndup(text, length);
	in->length = (int)length;
	in->caret = (int)caret;
}

static void reset(WebKitInputMethodContext *c) { gtk_im_context_reset(OURS(c)->im); }

/* A password is not composed in sight, nor learnt. */
static void purpose_changed(GObject *self, GParamSpec *spec, gpointer data) {
	(void)spec;
	(void)data;
	static const GtkInputPurpose purposes[] = {
		[WEBKIT_INPUT_PURPOSE_FREE_FORM] = GTK_INPUT_PURPOSE_FREE_FORM,
		[WEBKIT_INPUT_PURPOSE_DIGITS] = GTK_INPUT_PURPOSE_DIGITS,
		[WEBKIT_INPUT_PURPOSE_NUMBER] = GTK_INPUT_PURPOSE_NUMBER,
		[WEBKIT_INPUT_PURPOSE_PHONE] = GTK_INPUT_PURPOSE_PHONE,
		[WEBKIT_INPUT_PURPOSE_URL] = GTK_INPUT_PURPOSE_URL,
		[WEBKIT_INPUT_PURPOSE_EMAIL] = GTK_INPUT_PURPOSE_EMAIL,
		[WEBKIT_INPUT_PURPOSE_PASSWORD] = GTK_INPUT_PURPOSE_PASSWORD,
	};
	WebKitInputPurpose p = webkit_input_method_context_get_input_purpose(WEBKIT_INPUT_METHOD_CONTEXT(self));
	if ((gsize)p < G_N_ELEMENTS(purposes))
		g_object_set(OURS(self)->im, "input-purpose", purposes[p], NULL);
}

static void finalize(GObject *self) {
	g_signal_handlers_disconnect_by_data(OURS(self)->im, self);
	g_object_unref(OURS(self)->im);
	g_free(OURS(self)->text);
	G_OBJECT_CLASS(munpae_input_parent_class)->finalize(self);
}

static void munpae_input_class_init(MunpaeInputClass *class) {
	G_OBJECT_CLASS(class)->finalize = finalize;
	class->set_enable_preedit = set_enable_preedit;
	class->get_preedit = get_preedit;
	class->filter_key_event = filter_key_event;
	class->notify_focus_in = notify_focus_in;
	class->notify_focus_out = notify_focus_out;
	class->notify_cursor_area = notify_cursor_area;
	class->notify_surrounding = notify_surrounding;
	class->reset = reset;
}

static void munpae_input_init(MunpaeInput *in) {
	in->im = gtk_im_multicontext_new();
	g_signal_connect(in->im, "commit", G_CALLBACK(commit), in);
	g_signal_connect(in->im, "preedit-start", G_CALLBACK(preedit_start), in);
	g_signal_connect(in->im, "preedit-changed", G_CALLBACK(preedit_changed), in);
	g_signal_connect(in->im, "preedit-end", G_CALLBACK(preedit_end), in);
	g_signal_connect(in->im, "retrieve-surrounding", G_CALLBACK(retrieve_surrounding), in);
	g_signal_connect(in->im, "delete-surrounding", G_CALLBACK(delete_surrounding), in);
	g_signal_connect(in, "notify::input-purpose", G_CALLBACK(purpose_changed), NULL);
}

static void realized(GtkWidget *view, gpointer self) {
	gtk_im_context_set_client_window(OURS(self)->im, gtk_widget_get_window(gtk_widget_get_toplevel(view)));
}

static void unrealized(GtkWidget *view, gpointer self) {
	(void)view;
	gtk_im_context_set_client_window(OURS(self)->im, NULL);
}

void munpae_input(WebKitWebView *view) {
	MunpaeInput *in = g_object_new(munpae_input_get_type(), NULL);
	in->view = GTK_WIDGET(view); /* which owns it from here on */
	webkit_web_view_set_input_method_context(view, WEBKIT_INPUT_METHOD_CONTEXT(in));
	g_signal_connect_object(view, "realize", G_CALLBACK(realized), in, G_CONNECT_AFTER);
	g_signal_connect_object(view, "unrealize", G_CALLBACK(unrealized), in, 0);
	g_object_unref(in);
}
