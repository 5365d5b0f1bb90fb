/* What stands in the window where the page should be: made of GTK alone, so that it
   needs neither the page nor any process of WebKit's. */
#include <gtk/gtk.h>
#include <stdlib.h>
#include <string.h>
#include <webkit2/webkit2.h>

#include "webview_linux.h"

extern void munpaeNoticePressed(int button);

static GtkWidget *notice; /* NULL: the page is shown */

/* The colours are the page's own. */
static const char style[] =
	".munpae-notice { background-color: %s; color: %s; }"
	".munpae-notice label { color: %s; }"
	".munpae-notice label.happened { font-size: 1.4em; font-weight: bold; }"
	".munpae-notice button { background: %s; border: 1px solid %s; border-radius: 10px; box-shadow: none; text-shadow: none; padding: 10px 16px; }"
	".munpae-notice button label { font-weight: bold; }"
	".munpae-notice button:focus, .munpae-notice button:hover { border-color: %s; box-shadow: 0 0 0 2px %s; }"
	".munpae-notice button.primary { background: %s; border-color: %s; }"
	".munpae-notice button.primary label { color: %s; }";

static void paint(gboolean dark) {
	static GtkCssProvider *provider;
	const char *wall = dark ? "#1e1a17" : "#fbf7f0", *ink = dark ? "#f3eae0" : "#2a211b", *paper = dark ? "#28221d" : "#fffdf9",
		   *edge = dark ? "#857566" : "#93836f", *accent = dark ? "#dba27a" : "#8a4b2a", *on_accent = dark ? "#23170f" : "#ffffff";
	char *css = g_strdup_printf(style, wall, ink, ink, paper, edge, accent, accent, accent, accent, on_accent);
	if (provider == NULL) {
		provider = gtk_css_provider_new();
		gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(provider), GTK_STYLE_PROVIDER_PRIORITY_USER);
	}
	gtk_css_provider_load_from_data(provider, css, -1, NULL);
	g_free(css);
}

static void class(GtkWidget *w, const char *name) {
	gtk_style_context_add_class(gtk_widget_get_style_context(w), name);
}

static void pressed(GtkButton *b, gpointer n) {
	(void)b;
	munpaeNoticePressed(GPOINTER_TO_INT(n));
}

static GtkWidget *text(const char *s, const char *look) {
	GtkWidget *l = gtk_label_new(s);
	gtk_label_set_line_wrap(GTK_LABEL(l), TRUE);
	gtk_label_set_line_wrap_mode(GTK_LABEL(l), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_justify(GTK_LABEL(l), GTK_JUSTIFY_CENTER);
	gtk_label_set_max_width_chars(GTK_LABEL(l), 36);
	gtk_label_set_selectable(GTK_LABEL(l), FALSE);
	class(l, look);
	return l;
}

static gboolean show(gpointer data) {
	struct munpae_notice *n = data;
	WebKitWebView *view = munpae_view();
	GtkWidget *room = view ? gtk_widget_get_parent(GTK_WIDGET(view)) : NULL;
	if (GTK_IS_BOX(room)) {
		if (notice != NULL)
			gtk_widget_destroy(notice);
		paint(n->theme == MUNPAE_DARK || (n->theme == MUNPAE_SYSTEM && munpae_dark()));
		GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 16);
		gtk_widget_set_valign(box, GTK_ALIGN_CENTER);
		gtk_container_set_border_width(GTK_CONTAINER(box), 24);
		gtk_box_pack_start(GTK_BOX(box), text(n->happened, "happened"), FALSE, FALSE, 0);
		if (*n->next)
			gtk_box_pack_start(GTK_BOX(box), text(n->next, "next"), FALSE, FALSE, 0);
		GtkWidget *first = NULL;
		for (int i = 0; i < n->count; i++) {
			GtkWidget *b = gtk_button_new_with_label(n->buttons[i]);
			if (i == 0) {
				class(b, "primary");
				first = b;
			}
			g_signal_connect(b, "clicked", G_CALLBACK(pressed), GINT_TO_POINTER(i));
			gtk_box_pack_start(GTK_BOX(box), b, FALSE, FALSE, 0);
		}
		/* A small screen scrolls. */
		GtkWidget *scroller = gtk_scrolled_window_new(NULL, NULL);
		gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
		gtk_container_add(GTK_CONTAINER(scroller), box);
		class(scroller, "munpae-notice");
		class(gtk_bin_get_child(GTK_BIN(scroller)), "munpae-notice"); /* the viewport paints its own background */
		AtkObject *said = gtk_widget_get_accessible(box);
		atk_object_set_role(said, ATK_ROLE_ALERT);
		atk_object_set_name(said, n->happened);
		gtk_box_pack_start(GTK_BOX(room), scroller, TRUE, TRUE, 0);
		gtk_widget_hide(GTK_WIDGET(view));
		gtk_widget_show_all(scroller);
		if (first != NULL)
			gtk_widget_grab_focus(first);
		notice = scroller;
		/* At once: whoever holds the old one may let it go when there is another. */
		g_signal_connect(notice, "destroy", G_CALLBACK(gtk_widget_destroyed), &notice);
	}
	for (int i = 0; i < n->count; i++)
		free(n->buttons[i]);
	free(n->buttons);
	free(n->happened);
	free(n->next);
	free(n);
	return G_SOURCE_REMOVE;
}

void munpae_notice(struct munpae_notice *n) {
	g_idle_add(show, n);
}

static gboolean hide(gpointer data) {
	(void)data;
	WebKitWebView *view = munpae_view();
	if (notice != NULL)
		gtk_widget_destroy(notice);
	if (view != NULL) {
		gtk_widget_show(GTK_WIDGET(view));
		gtk_widget_grab_focus(GTK_WIDGET(view));
	}
	return G_SOURCE_REMOVE;
}

void munpae_notice_hide(void) {
	g_idle_add(hide, NULL);
}
