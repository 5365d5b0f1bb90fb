#ifndef MUNPAE_INPUT_H
#define MUNPAE_INPUT_H

#include <webkit2/webkit2.h>

/* Gives view an input method context that leaves its drawing alone. On the main
   thread, before view is shown. */
void munpae_input(WebKitWebView *view);

#endif
