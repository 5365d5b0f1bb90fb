/* drag URI: a window to drag that address from. It prints each step of a drag. */
#include <gtk/gtk.h>
#include <stdio.h>

static void begun(GtkWidget *w, GdkDragContext *c, gpointer uri) {
	(void)w, (void)c, (void)uri;
	puts("begun");
}

static void give(GtkWidget *w, GdkDragContext *c, GtkSelectionData *d, guint info, guint time, gpointer uri) {
	(void)w, (void)c, (void)info, (void)time;
	char *uris[] = {uri, NULL};
	gtk_selection_data_set_uris(d, uris);
	puts("given");
}

static void ended(GtkWidget *w, GdkDragContext *c, gpointer uri) {
	(void)w, (void)c, (void)uri;
	puts("ended");
}

int main(int argc, char **argv) {
	setvbuf(stdout, NULL, _IONBF, 0);
	gtk_init(&argc, &argv);
	GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL), *from = gtk_event_box_new();
	gtk_window_set_title(GTK_WINDOW(window), "drag");
	gtk_window_set_default_size(GTK_WINDOW(window), 200, 200);
	gtk_drag_source_set(from, GDK_BUTTON1_MASK, NULL, 0, GDK_ACTION_COPY | GDK_ACTION_LINK | GDK_ACTION_MOVE);
	gtk_drag_source_add_uri_targets(from);
	g_signal_connect(from, "drag-begin", G_CALLBACK(begun), NULL);
	g_signal_connect(from, "drag-data-get", G_CALLBACK(give), argv[1]);
	g_signal_connect(from, "drag-end", G_CALLBACK(ended), NULL);
	gtk_container_add(GTK_CONTAINER(window), from);
	gtk_widget_show_all(window);
	gtk_main();
	return 0;
}
