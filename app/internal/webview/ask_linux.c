#include <gtk/gtk.h>

#include "webview_linux.h"

static void answered(GtkDialog *d, gint response, gpointer data) {
	(void)d;
	gint *pressed = data;
	*pressed = response;
	gtk_main_quit();
}

int munpae_ask(const char *name, const char *title, const char *happened, const char *next, char **buttons, int n) {
	g_set_prgname(name); /* before the display is opened, as Wails does for its window */
	if (!munpae_display())
		return MUNPAE_NO_DISPLAY;
	GtkWidget *d = gtk_message_dialog_new(NULL, 0, GTK_MESSAGE_WARNING, GTK_BUTTONS_NONE, "%s", happened);
	if (*next)
		gtk_message_dialog_format_secondary_text(GTK_MESSAGE_DIALOG(d), "%s", next);
	gtk_window_set_title(GTK_WINDOW(d), title);
	gtk_window_set_position(GTK_WINDOW(d), GTK_WIN_POS_CENTER);
	/* A message dialog has no place in the list of windows; this one is the program. */
	gtk_window_set_skip_taskbar_hint(GTK_WINDOW(d), FALSE);
	gtk_window_set_type_hint(GTK_WINDOW(d), GDK_WINDOW_TYPE_HINT_NORMAL);
	for (int i = 0; i < n; i++)
		gtk_dialog_add_button(GTK_DIALOG(d), buttons[i], i);
	gtk_dialog_set_default_response(GTK_DIALOG(d), 0);
	gint pressed = GTK_RESPONSE_DELETE_EVENT;
	g_signal_connect(d, "response", G_CALLBACK(answered), &pressed);
	gtk_widget_show_all(d);
	gtk_window_present(GTK_WINDOW(d));
	gtk_main();
	gtk_widget_destroy(d);
	while (gtk_events_pending()) /* it is gone from the screen before anything else happens */
		gtk_main_iteration();
	return pressed >= 0 ? pressed : MUNPAE_CLOSED;
}
