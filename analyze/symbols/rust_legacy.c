#include "analyze/symbols/rust_legacy.h"

#include <glib.h>
#include <string.h>

#include "instrument/wire/clones.h"

#define HASH_BYTES 20u   /* "17h", and 16 digits, and "E" */
#define PART_MAX   4096u /* bytes of a part of a name */

static gsize unescape(GString *out, const char *text)
{
	static const struct {
		const char *escape, *text;
	} escapes[] = { { "$SP$", "@" },  { "$BP$", "*" },   { "$RF$", "&" },  { "$LT$", "<" },
			{ "$GT$", ">" },  { "$LP$", "(" },   { "$RP$", ")" },  { "$C$", "," },
			{ "$u7e$", "~" }, { "$u20$", " " },  { "$u27$", "'" }, { "$u5b$", "[" },
			{ "$u5d$", "]" }, { "$u7b$", "{" },  { "$u7d$", "}" }, { "$u3b$", ";" },
			{ "$u2b$", "+" }, { "$u22$", "\"" }, { "..", "::" } };

	for (gsize i = 0; i < G_N_ELEMENTS(escapes); i++)
		if (g_str_has_prefix(text, escapes[i].escape)) {
			g_string_append(out, escapes[i].text);
			return strlen(escapes[i].escape);
		}
	g_string_append_c(out, *text);
	return 1;
}

static gboolean has_hash(const char *name, gsize length)
{
	const char *hash = name + length - HASH_BYTES;

	if (length <= strlen("_ZN") + HASH_BYTES || !g_str_has_prefix(hash, "17h") ||
	    name[length - 1] != 'E')
		return FALSE;
	for (gsize i = 3; i < HASH_BYTES - 1; i++)
		if (!g_ascii_isxdigit(hash[i]))
			return FALSE;
	return TRUE;
}

/* How long it is without what compilers put behind it; 0: it is none of Rust's. Names may have dots in them: the
 * hash is what ends one. */
static gsize length_of(const char *mangled)
{
	const gsize lengths[] = { strlen(mangled), fdar_clone_base(mangled),
				  strcspn(mangled, ".") };

	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++)
		if (has_hash(mangled, lengths[i]))
			return lengths[i];
	return 0;
}

char *fdar_rust_legacy_name(const char *mangled)
{
	gsize length = length_of(mangled);
	GString *out;
	const char *at, *end;

	if (!length)
		return NULL;
	out = g_string_new(NULL);
	end = mangled + length - HASH_BYTES;
	for (at = mangled + strlen("_ZN"); at < end;) {
		gsize part = 0;

		for (; at < end && g_ascii_isdigit(*at) && part < PART_MAX; at++)
			part = part * 10 + (gsize)(*at - '0');
		if (!part || part > (gsize)(end - at))
			break;
		g_string_append(out, out->len ? "::" : "");
		/* What begins with an escape has a mark before it. */
		for (const char *stop = at + part, *from = at + (at[0] == '_' && at[1] == '$');
		     from < stop;)
			from += unescape(out, from);
		at += part;
	}
	return g_string_free(out, at != end);
}
