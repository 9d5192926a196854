#include "replay/edit/template.h"

#include <string.h>

#define RANDOM_MAX 256
#define HTTP_DATE  "%a, %d %b %Y %H:%M:%S GMT"

static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

enum field { CLONE, ROUND, SESSION, CLIENT, COUNT, RANDOM, HEX, DIGITS, DATE, UNIX, VALUE, FIELDS };

static const struct {
	const char *name;
	unsigned alphabet; /* of random fields: how many of the letters */
} fields[FIELDS] = {
	[CLONE] = { "clone", 0 },   [ROUND] = { "round", 0 },    [SESSION] = { "session", 0 },
	[CLIENT] = { "client", 0 }, [COUNT] = { "count", 0 },    [RANDOM] = { "random", 62 },
	[HEX] = { "hex", 16 },      [DIGITS] = { "digits", 10 }, [DATE] = { "date", 0 },
	[UNIX] = { "unix", 0 },     [VALUE] = { "value", 0 },
};

uint64_t fdar_template_mix(uint64_t number)
{
	number += 0x9e3779b97f4a7c15u;
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
	number = (number ^ number >> 27) * 0x94d049bb133111ebu;
	return number ^ number >> 31;
}

/* What stands between braces: "name" or "name:argument". FIELDS when it is none. */
static enum field read_field(const char *text, size_t size, char argument[64])
{
	const char *colon = memchr(text, ':', size);
	size_t name = colon ? (size_t)(colon - text) : size;
	size_t rest = colon ? size - name - 1 : 0;
	enum field field = 0;

	if (rest >= 64)
		return FIELDS;
	memcpy(argument, colon ? colon + 1 : "", rest);
	argument[rest] = '\0';
	while (field < FIELDS &&
	       (strlen(fields[field].name) != name || memcmp(fields[field].name, text, name) != 0))
		field++;
	if (field == FIELDS)
		return FIELDS;
	if (fields[field].alphabet) {
		guint64 length;

		return g_ascii_string_to_unsigned(argument, 10, 1, RANDOM_MAX, &length, NULL)
			       ? field
			       : FIELDS;
	}
	return colon && (field != DATE || !rest) ? FIELDS : field;
}

char *fdar_template_check(const char *text)
{
	char argument[64];

	for (const char *at = text; (at = strchr(at, '{'));) {
		const char *end = strchr(at, '}');

		if (at[1] == '{') {
			at += 2;
			continue;
		}
		if (!end || read_field(at + 1, (size_t)(end - at - 1), argument) == FIELDS)
			return g_strdup_printf(
				"value: \"%.*s\": expected a field like {clone}, {random:12}, "
				"{date:%%F} or {value}, or {{ for a brace",
				end ? (int)MIN(end - at + 1, 40) : 20, at);
		at = end + 1;
	}
	return NULL;
}

static void add_text(GByteArray *out, const char *text)
{
	g_byte_array_append(out, (const uint8_t *)text, (guint)strlen(text));
}

static void add_number(GByteArray *out, uint64_t number)
{
	char text[32];

	g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, number);
	add_text(out, text);
}

static void add_random(GByteArray *out, uint64_t random, enum field field, const char *argument)
{
	unsigned length = (unsigned)g_ascii_strtoull(argument, NULL, 10);

	for (unsigned i = 0; i < length; i++) {
		random = fdar_template_mix(random + field);
		g_byte_array_append(out, (const uint8_t *)&letters[random % fields[field].alphabet],
				    1);
	}
}

static void add_date(GByteArray *out, int64_t unix_s, const char *format)
{
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(unix_s);
	g_autofree char *text =
		when ? g_date_time_format(when, format[0] ? format : HTTP_DATE) : NULL;

	if (text)
		add_text(out, text);
}

static void fill_field(enum field field, const char *argument,
		       const struct fdar_template_facts *facts, GByteArray *out)
{
	switch (field) {
	case CLONE:
		add_number(out, facts->clone);
		break;
	case ROUND:
		add_number(out, facts->round);
		break;
	case SESSION:
		add_number(out, facts->session);
		break;
	case CLIENT:
		add_number(out, facts->client);
		break;
	case COUNT:
		add_number(out, facts->count);
		break;
	case DATE:
		add_date(out, facts->unix_s, argument);
		break;
	case UNIX:
		add_number(out, (uint64_t)facts->unix_s);
		break;
	case VALUE:
		g_byte_array_append(out, facts->value, (guint)facts->value_size);
		break;
	default:
		add_random(out, facts->random, field, argument);
	}
}

void fdar_template_fill(const char *text, const struct fdar_template_facts *facts, GByteArray *out)
{
	char argument[64];

	while (*text) {
		const char *brace = strchr(text, '{'), *end;
		size_t plain = brace ? (size_t)(brace - text) : strlen(text);

		g_byte_array_append(out, (const uint8_t *)text, (guint)plain);
		text += plain;
		if (!brace)
			return;
		if (text[1] == '{') {
			add_text(out, "{");
			text += 2;
			continue;
		}
		end = strchr(text, '}');
		if (!end)
			return;
		fill_field(read_field(text + 1, (size_t)(end - text - 1), argument), argument,
			   facts, out);
		text = end + 1;
	}
}
