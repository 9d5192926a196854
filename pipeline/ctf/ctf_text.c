#include "pipeline/ctf/ctf_text.h"

#define REPLACEMENT 0xfffdu
#define UTF8_MAX    6u /* bytes of a character, as g_unichar_to_utf8 wants them */

struct units {
	const uint8_t *at, *end;
	unsigned bytes; /* of a unit: 2 or 4 */
	gboolean big;
};

/* FALSE at the end: there is no whole unit any more. */
static gboolean next_unit(struct units *units, uint32_t *unit)
{
	if ((size_t)(units->end - units->at) < units->bytes)
		return FALSE;
	*unit = 0;
	for (unsigned i = 0; i < units->bytes; i++)
		*unit |= (uint32_t)units->at[units->big ? units->bytes - 1 - i : i] << (8 * i);
	units->at += units->bytes;
	return TRUE;
}

/* Two units of UTF-16 for one character (RFC 2781, 2.2). */
static uint32_t join(struct units *units, uint32_t high)
{
	const uint8_t *before = units->at;
	uint32_t low;

	if (high >= 0xdc00 || !next_unit(units, &low))
		return REPLACEMENT;
	if (low >= 0xdc00 && low <= 0xdfff)
		return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	units->at = before;
	return REPLACEMENT;
}

static uint32_t character(struct units *units, uint32_t unit)
{
	if (unit >= 0xd800 && unit <= 0xdfff)
		return units->bytes == 2 ? join(units, unit) : REPLACEMENT;
	return unit <= 0x10ffff ? unit : REPLACEMENT;
}

struct fdar_ctf_text fdar_ctf_text_utf8(const struct fdar_ctf_text *text, struct fdar_arena *arena,
					size_t most)
{
	gboolean wide = text->encoding == FDAR_CTF_UTF32LE || text->encoding == FDAR_CTF_UTF32BE;
	size_t length = (size_t)MIN(text->length, most);
	struct units units = {
		.at = text->bytes,
		.end = text->bytes + length,
		.bytes = wide ? 4 : 2,
		.big = text->encoding == FDAR_CTF_UTF16BE || text->encoding == FDAR_CTF_UTF32BE,
	};
	/* No unit becomes more than three bytes, but for the two that become four together. */
	char *made = fdar_arena_alloc(arena, length / units.bytes * 4 + UTF8_MAX);
	size_t count = 0;
	uint32_t unit;

	while (next_unit(&units, &unit) && unit)
		count += (size_t)g_unichar_to_utf8(character(&units, unit), made + count);
	made[count] = '\0';
	return (struct fdar_ctf_text){ .bytes = (const uint8_t *)made,
				       .length = count,
				       .stride = 1 };
}
