#ifndef MUNPAE_WEBVIEW_H
#define MUNPAE_WEBVIEW_H

#include <webkit2/webkit2.h>

/* On the main thread, before view is packed: see gate_linux.c. */
void munpae_gate(WebKitWebView *view);
enum { MUNPAE_REFUSE, MUNPAE_PASS, MUNPAE_GESTURE };

/* On the main thread: Wails' only view, or NULL. */
WebKitWebView *munpae_view(void);
/* On the main thread: opens the display, once. 0: there is none. */
int munpae_display(void);
/* On the main thread, while nothing else runs GTK's main loop: a window with two
   sentences and n buttons. The index of the button, or one of these. */
enum { MUNPAE_CLOSED = -1, MUNPAE_NO_DISPLAY = -2 };
int munpae_ask(const char *name, const char *title, const char *happened, const char *next, char **buttons, int n);
/* On the main thread, before the window exists. 0: no display. */
int munpae_prepare(const char *jar, const char *origin, const char *data, int whole);
/* From any thread; takes over address, which malloc made. */
void munpae_load(char *address);
/* The same, but first takes out of the jar what munpaeKeeps does not know. */
void munpae_heal(char *address);
void munpae_raise(char *token, int asked);
void munpae_quit(void);
/* From any thread: has the network process ever brought a document? */
int munpae_network_works(void);
/* From any thread. Ends the web process, which may hang; another starts with the next load. */
void munpae_end_web_process(void);
/* What stands in the page's place. From any thread; takes over what malloc made. */
struct munpae_notice {
	char *happened, *next, **buttons;
	int count;
	enum { MUNPAE_LIGHT, MUNPAE_DARK, MUNPAE_SYSTEM } theme;
};
void munpae_notice(struct munpae_notice *notice);
void munpae_notice_hide(void);
/* Empties the clipboards that still hold text. */
void munpae_forget(char *text);
/* From any thread; takes over text. munpaeCopied hears whether there is a clipboard. */
void munpae_copy(char *text);
/* From any thread: munpaeToken hears of an activation token, or "". */
void munpae_token(void);
/* From any thread; takes over text. */
void munpae_announce(char *text);
/* From any thread, or on the main thread before its loop runs, with now. bar is for a title
   bar that the compositor draws. Takes over style. */
enum { MUNPAE_AS_FOUND, MUNPAE_PREFER_DARK, MUNPAE_PREFER_LIGHT };
void munpae_appear(int scheme, int contrast, int bar, char *style, int now);
/* On the main thread. */
int munpae_dark(void);
/* The work area of the monitor where the pointer is, and the least of all monitors,
   in logical pixels; 0 where nobody tells. */
void munpae_work_area(int *width, int *height, int *least_width, int *least_height);

#endif
