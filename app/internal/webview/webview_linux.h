#ifndef MUNPAE_WEBVIEW_H
#define MUNPAE_WEBVIEW_H

/* On the main thread, before the window exists. 0: no display. */
int munpae_prepare(const char *jar, const char *origin, const char *data);
/* From any thread; takes over address, which malloc made. */
void munpae_load(char *address);
void munpae_raise(char *token);
void munpae_quit(void);
/* On the main thread. */
int munpae_dark(void);
/* From any thread, after munpae_prepare. */
int munpae_session_bus(void);

#endif
