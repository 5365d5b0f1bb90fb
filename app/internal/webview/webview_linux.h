#ifndef MUNPAE_WEBVIEW_H
#define MUNPAE_WEBVIEW_H

/* On the main thread: opens the display, once. 0: there is none. */
int munpae_display(void);
/* On the main thread, while nothing else runs GTK's main loop: a window with two
   sentences and n buttons. The index of the button, or one of these. */
enum { MUNPAE_CLOSED = -1, MUNPAE_NO_DISPLAY = -2 };
int munpae_ask(const char *title, const char *happened, const char *next, char **buttons, int n);
/* On the main thread, before the window exists. 0: no display. */
int munpae_prepare(const char *jar, const char *origin, const char *data, int whole);
/* From any thread; takes over address, which malloc made. */
void munpae_load(char *address);
void munpae_raise(char *token);
void munpae_quit(void);
/* On the main thread. */
int munpae_dark(void);
/* From any thread, after munpae_prepare. */
int munpae_session_bus(void);

#endif
