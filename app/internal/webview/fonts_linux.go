package webview

/*
#cgo pkg-config: pangocairo
#include <pango/pangocairo.h>

// draws asks Pango as GTK does; WebKit asks the same fontconfig. The map is made for
// the question, so that it may be asked on any thread.
static int draws(gunichar letter, const char *language) {
	PangoFontMap *map = pango_cairo_font_map_new();
	PangoContext *context = pango_font_map_create_context(map);
	PangoFontDescription *wanted = pango_font_description_from_string("sans-serif 12");
	PangoFontset *set = pango_font_map_load_fontset(map, context, wanted, pango_language_from_string(language));
	PangoFont *font = set ? pango_fontset_get_font(set, letter) : NULL;
	int drawn = font && pango_font_has_char(font, letter);
	g_clear_object(&font);
	g_clear_object(&set);
	pango_font_description_free(wanted);
	g_object_unref(context);
	g_object_unref(map);
	return drawn;
}

static int draws_hangul(void) { return draws(0xAC00, "ko") && draws(0xD7A3, "ko"); }
*/
import "C"

// Hangul reports whether some font here draws Korean; without one it is boxes.
func Hangul() bool { return C.draws_hangul() != 0 }
