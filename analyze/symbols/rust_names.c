#include "analyze/symbols/rust_names.h"

#include <string.h>

#include "analyze/symbols/rust_legacy.h"

#define DEPTH_MAX 64u   /* of paths and types in one another */
#define STEPS_MAX 8192u /* a name may refer back to itself, and so on */

/* What is still to be read of a name, and what has come of it. */
struct reader {
	const char *name; /* behind "_R": what references count from */
	gsize at, length;
	GString *out;
	unsigned depth, steps;
	gboolean bad;
	unsigned silent; /* what is read is not written */
};

static void read_path(struct reader *reader);
static void read_type(struct reader *reader);
static void read_const(struct reader *reader);

/* ---- letters and numbers ---- */

static void put(struct reader *reader, const char *text, gsize length)
{
	if (reader->silent)
		return;
	if (reader->out->len + length > FDAR_RUST_NAME_MAX)
		reader->bad = TRUE;
	else
		g_string_append_len(reader->out, text, (gssize)length);
}

static void put_text(struct reader *reader, const char *text)
{
	put(reader, text, strlen(text));
}

static char peek(const struct reader *reader)
{
	return reader->bad || reader->at >= reader->length ? '\0' : reader->name[reader->at];
}

static char next(struct reader *reader)
{
	char letter = peek(reader);

	if (letter)
		reader->at++;
	else
		reader->bad = TRUE;
	return letter;
}

static gboolean take(struct reader *reader, char letter)
{
	if (peek(reader) != letter)
		return FALSE;
	reader->at++;
	return TRUE;
}

static int digit_of(char letter)
{
	if (g_ascii_isdigit(letter))
		return letter - '0';
	if (g_ascii_islower(letter))
		return letter - 'a' + 10;
	return g_ascii_isupper(letter) ? letter - 'A' + 36 : -1;
}

/* "_" is 0, "0_" is 1, ... */
static guint64 read_base62(struct reader *reader)
{
	guint64 value = 0;

	if (take(reader, '_'))
		return 0;
	for (char letter = next(reader); letter != '_'; letter = next(reader)) {
		int digit = digit_of(letter);

		if (digit < 0 || value > (G_MAXUINT64 - 62) / 62) {
			reader->bad = TRUE;
			return 0;
		}
		value = value * 62 + (guint64)digit;
	}
	return value + 1;
}

/* Which of several of one name it is, from 0. */
static guint64 read_which(struct reader *reader, char letter)
{
	return take(reader, letter) ? read_base62(reader) + 1 : 0;
}

/* Its bytes, which are the name's. */
static const char *read_identifier(struct reader *reader, gsize *length)
{
	const char *bytes;

	take(reader, 'u'); /* as Punycode has it, and so it stays */
	*length = 0;
	if (!g_ascii_isdigit(peek(reader)))
		reader->bad = TRUE;
	if (!take(reader, '0'))
		while (g_ascii_isdigit(peek(reader)) && *length < FDAR_RUST_NAME_MAX)
			*length = *length * 10 + (gsize)(next(reader) - '0');
	take(reader, '_');
	if (reader->bad || *length > reader->length - reader->at) {
		reader->bad = TRUE;
		*length = 0;
	}
	bytes = reader->name + reader->at;
	reader->at += *length;
	return bytes;
}

/* ---- paths ---- */

static gboolean enter(struct reader *reader)
{
	if (++reader->depth > DEPTH_MAX || ++reader->steps > STEPS_MAX)
		reader->bad = TRUE;
	return !reader->bad;
}

/* Reads again what was read before. */
static void go_back(struct reader *reader, void (*read)(struct reader *reader))
{
	gsize here = reader->at - 1;
	guint64 to = read_base62(reader);
	gsize after = reader->at;

	if (to >= here || !enter(reader)) {
		reader->bad = TRUE;
		return;
	}
	reader->at = (gsize)to;
	read(reader);
	reader->at = after;
	reader->depth--;
}

/* A list up to "E". */
static void read_list(struct reader *reader, void (*read)(struct reader *reader))
{
	for (gboolean first = TRUE; !reader->bad && !take(reader, 'E'); first = FALSE) {
		if (!first)
			put_text(reader, ", ");
		read(reader);
	}
}

/* Namespaces in capitals are the compiler's own. */
static void read_nested(struct reader *reader)
{
	char space = next(reader), own[] = "::{?";
	g_autofree char *number = NULL;
	const char *name;
	guint64 which;
	gsize length;

	read_path(reader);
	which = read_which(reader, 's');
	name = read_identifier(reader, &length);
	if (g_ascii_islower(space)) {
		if (length)
			put_text(reader, "::");
		put(reader, name, length);
		return;
	}
	number = g_strdup_printf("#%" G_GUINT64_FORMAT "}", which);
	own[3] = space;
	put_text(reader, space == 'C' ? "::{closure" : space == 'S' ? "::{shim" : own);
	if (length)
		put_text(reader, ":");
	put(reader, name, length);
	put_text(reader, number);
}

/* Where the code of a type stands is no part of its name. */
static void read_place(struct reader *reader)
{
	read_which(reader, 's');
	reader->silent++;
	read_path(reader);
	reader->silent--;
}

static void read_of_type(struct reader *reader, char letter)
{
	if (letter != 'Y')
		read_place(reader);
	put_text(reader, "<");
	read_type(reader);
	if (letter != 'M') {
		put_text(reader, " as ");
		read_path(reader);
	}
	put_text(reader, ">");
}

static void read_argument(struct reader *reader)
{
	if (take(reader, 'L')) {
		read_base62(reader);
		put_text(reader, "'_");
	} else if (take(reader, 'K')) {
		read_const(reader);
	} else {
		read_type(reader);
	}
}

static void read_crate(struct reader *reader)
{
	gsize length;
	const char *name;

	read_which(reader, 's');
	name = read_identifier(reader, &length);
	put(reader, name, length);
}

static void read_path(struct reader *reader)
{
	char letter = next(reader);

	if (!enter(reader))
		return;
	if (letter == 'C') {
		read_crate(reader);
	} else if (letter == 'M' || letter == 'X' || letter == 'Y') {
		read_of_type(reader, letter);
	} else if (letter == 'N') {
		read_nested(reader);
	} else if (letter == 'I') {
		read_path(reader);
		put_text(reader, "<");
		read_list(reader, read_argument);
		put_text(reader, ">");
	} else if (letter == 'B') {
		go_back(reader, read_path);
	} else {
		reader->bad = TRUE;
	}
	reader->depth--;
}

/* ---- types ---- */

static const char *basic(char letter)
{
	static const char *const names[26] = { "i8",  "bool", "char",  "f64",   "str", "f32",
					       NULL,  "u8",   "isize", "usize", NULL,  "i32",
					       "u32", "i128", "u128",  "_",     NULL,  NULL,
					       "i16", "u16",  "()",    "...",   NULL,  "i64",
					       "u64", "!" };

	return g_ascii_islower(letter) ? names[letter - 'a'] : NULL;
}

static void read_binder(struct reader *reader)
{
	if (take(reader, 'G'))
		read_base62(reader);
}

static void read_function(struct reader *reader)
{
	gsize length;

	read_binder(reader);
	put_text(reader, take(reader, 'U') ? "unsafe fn(" : "fn(");
	if (take(reader, 'K') && !take(reader, 'C'))
		read_identifier(reader, &length);
	read_list(reader, read_type);
	put_text(reader, ")");
	if (take(reader, 'u'))
		return;
	put_text(reader, " -> ");
	read_type(reader);
}

/* What its own types are stands among the arguments of a trait. */
static void put_more(struct reader *reader)
{
	gsize length = reader->out->len;

	if (!reader->silent && length && reader->out->str[length - 1] == '>') {
		g_string_truncate(reader->out, length - 1);
		put_text(reader, ", ");
	} else {
		put_text(reader, "<");
	}
}

static void read_trait(struct reader *reader)
{
	gsize length;
	const char *name;

	read_path(reader);
	while (take(reader, 'p')) {
		name = read_identifier(reader, &length);
		put_more(reader);
		put(reader, name, length);
		put_text(reader, " = ");
		read_type(reader);
		put_text(reader, ">");
	}
}

static void read_dyn(struct reader *reader)
{
	read_binder(reader);
	put_text(reader, "dyn ");
	for (gboolean first = TRUE; !reader->bad && !take(reader, 'E'); first = FALSE) {
		if (!first)
			put_text(reader, " + ");
		read_trait(reader);
	}
	if (take(reader, 'L'))
		read_base62(reader);
	else
		reader->bad = TRUE;
}

static void read_pointer(struct reader *reader, char letter)
{
	put_text(reader, letter == 'R'   ? "&"
			 : letter == 'Q' ? "&mut "
			 : letter == 'P' ? "*const "
					 : "*mut ");
	if (strchr("RQ", letter) && take(reader, 'L'))
		read_base62(reader);
	read_type(reader);
}

static void read_array(struct reader *reader, char letter)
{
	put_text(reader, "[");
	read_type(reader);
	if (letter == 'A') {
		put_text(reader, "; ");
		read_const(reader);
	}
	put_text(reader, "]");
}

/* One of one has a comma. */
static void read_tuple(struct reader *reader)
{
	guint count = 0;

	put_text(reader, "(");
	for (; !reader->bad && !take(reader, 'E'); count++) {
		if (count)
			put_text(reader, ", ");
		read_type(reader);
	}
	put_text(reader, count == 1 ? ",)" : ")");
}

static void read_type(struct reader *reader)
{
	char letter = next(reader);

	if (!enter(reader))
		return;
	if (basic(letter)) {
		put_text(reader, basic(letter));
	} else if (strchr("RQPO", letter)) {
		read_pointer(reader, letter);
	} else if (letter == 'A' || letter == 'S') {
		read_array(reader, letter);
	} else if (letter == 'T') {
		read_tuple(reader);
	} else if (letter == 'F') {
		read_function(reader);
	} else if (letter == 'D') {
		read_dyn(reader);
	} else if (letter == 'B') {
		go_back(reader, read_type);
	} else {
		reader->at--;
		read_path(reader);
	}
	reader->depth--;
}

/* Of numbers, truths and letters: its digits. */
static void read_const(struct reader *reader)
{
	g_autofree char *digits = NULL, *number = NULL;
	gsize from;

	if (take(reader, 'p')) {
		put_text(reader, "_");
		return;
	}
	if (take(reader, 'B')) {
		go_back(reader, read_const);
		return;
	}
	if (!basic(next(reader)))
		reader->bad = TRUE;
	if (take(reader, 'n'))
		put_text(reader, "-");
	from = reader->at;
	while (g_ascii_isxdigit(peek(reader)))
		reader->at++;
	digits = g_strndup(reader->name + from, reader->at - from);
	number = strlen(digits) > 16 ? g_strdup_printf("0x%s", digits)
				     : g_strdup_printf("%" G_GUINT64_FORMAT,
						       g_ascii_strtoull(digits, NULL, 16));
	put_text(reader, number);
	if (!take(reader, '_'))
		reader->bad = TRUE;
}

static char *name_v0(const char *mangled)
{
	struct reader reader = { .name = mangled + strlen("_R") };

	reader.length = strcspn(reader.name, ".$"); /* what a linker puts behind it */
	reader.out = g_string_new(NULL);
	read_path(&reader);
	if (!reader.bad && reader.at < reader.length) { /* the crate that it was made for */
		reader.silent++;
		read_path(&reader);
	}
	if (reader.at < reader.length)
		reader.bad = TRUE;
	return g_string_free(reader.out, reader.bad);
}

char *fdar_rust_name(const char *mangled)
{
	if (strlen(mangled) > FDAR_RUST_NAME_MAX)
		return NULL;
	if (g_str_has_prefix(mangled, "_R"))
		return name_v0(mangled);
	return g_str_has_prefix(mangled, "_ZN") ? fdar_rust_legacy_name(mangled) : NULL;
}
