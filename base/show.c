#include "base/show.h"

#include <string.h>

gboolean fdar_show_is_bad(gunichar c)
{
	static const struct {
		gunichar first, last;
	} bad[] = {
		{ 0x0000, 0x001f },   { 0x007f, 0x009f }, /* controls */
		{ 0x061c, 0x061c },   { 0x200e, 0x200f }, /* marks of direction */
		{ 0x2028, 0x202e },   { 0x2066, 0x2069 }, /* separators, embeddings, isolates */
		{ 0xfeff, 0xfeff },   { 0xfff9, 0xfffb }, /* byte order, annotations */
		{ 0xe0000, 0xe007f },                     /* tags */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		if (c >= bad[i].first && c <= bad[i].last)
			return TRUE;
	return FALSE;
}

void fdar_show_clean(char *text, const char *keep)
{
	static const char *const instead[] = { "?", "\xc2\xbf", "\xef\xbf\xbd", "\xef\xbf\xbd?" };

	for (char *next; *text; text = next) {
		next = g_utf8_next_char(text);
		if (fdar_show_is_bad(g_utf8_get_char(text)) && !strchr(keep, *text))
			memcpy(text, instead[next - text - 1], (size_t)(next - text));
	}
}

char *fdar_show(const char *text)
{
	char *shown = g_utf8_make_valid(text, -1);

	fdar_show_clean(shown, "");
	return shown;
}
