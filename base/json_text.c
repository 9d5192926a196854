#include "base/json_text.h"

#include "base/show.h"

/* What must not be raw is escaped, so that it is all there: of two units where JSON has no other way. */
static void append_escape(GString *json, gunichar c)
{
	if (c == '"' || c == '\\')
		g_string_append_printf(json, "\\%c", (char)c);
	else if (c < 0x10000)
		g_string_append_printf(json, "\\u%04x", c);
	else
		g_string_append_printf(json, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				       0xdc00 + ((c - 0x10000) & 0x3ff));
}

void fdar_json_append(GString *json, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	g_string_append_c(json, '"');
	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (c == '"' || c == '\\' || fdar_show_is_bad(c))
			append_escape(json, c);
		else
			g_string_append_len(json, at, g_utf8_next_char(at) - at);
	}
	g_string_append_c(json, '"');
}

void fdar_json_append_list(GString *json, const char *const *list)
{
	g_string_append_c(json, '[');
	for (gsize i = 0; list[i]; i++) {
		g_string_append(json, i ? ", " : "");
		fdar_json_append(json, list[i]);
	}
	g_string_append_c(json, ']');
}
