#ifndef MUNPAE_TITLE_H
#define MUNPAE_TITLE_H

#include <gtk/gtk.h>

/* munpae_title_bar has KDE's compositor draw the title bar of window in that scheme of enum
   munpae_scheme, MUNPAE_AS_FOUND as its own settings have it. Main thread only. */
void munpae_title_bar(GtkWindow *window, int scheme);

#endif
