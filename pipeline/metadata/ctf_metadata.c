#include "pipeline/metadata/ctf_metadata.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "pipeline/metadata/ctf_lexer.h"

#define PACKET_MAGIC 0x75d11d57u
#define PACKET_HEAD  37u /* bytes before the text */

gboolean fdar_ctf_metadata_is_json(const char *text, gsize length)
{
	return length && text[0] == FDAR_CTF2_SEPARATOR;
}

static gboolean fail(enum fdar_source_error code, const char *path, gsize offset,
		     const char *expected, GError **error)
{
	g_set_error(error, FDAR_SOURCE_ERROR, (gint)code,
		    "%s: byte %" G_GSIZE_FORMAT ": expected %s", path, offset, expected);
	return FALSE;
}

static uint32_t word_at(const char *bytes, gboolean swapped)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return swapped ? GUINT32_SWAP_LE_BE(word) : word;
}

/* Takes the packet at offset; gives its length in bytes, 0 when it is damaged. Layout: magic u32,
 * uuid u8[16], checksum u32, content size in bits u32, packet size in bits u32, compression u8,
 * encryption u8, checksum scheme u8, major u8, minor u8. */
static gsize take_packet(const char *bytes, gsize length, gsize offset, gboolean swapped,
			 GString *text)
{
	const char *head = bytes + offset;
	uint32_t content, packet;

	if (length - offset < PACKET_HEAD || word_at(head, swapped) != PACKET_MAGIC)
		return 0;
	content = word_at(head + 24, swapped);
	packet = word_at(head + 28, swapped);
	if (content % 8 || packet % 8 || content > packet || content / 8 < PACKET_HEAD ||
	    packet / 8 > length - offset)
		return 0;
	if (head[32] || head[33] || head[34] ||
	    !((head[35] == 1 && head[36] == 8) || (head[35] == 2 && head[36] == 0)))
		return 0;
	g_string_append_len(text, head + PACKET_HEAD, (gssize)(content / 8 - PACKET_HEAD));
	return packet / 8;
}

static gboolean is_plain(const char *bytes, gsize length)
{
	static const char start[] = "/* CTF 1.8";

	return fdar_ctf_metadata_is_json(bytes, length) ||
	       (length >= strlen(start) && memcmp(bytes, start, strlen(start)) == 0);
}

static gboolean unpack(const char *bytes, gsize length, const char *path, GString *text,
		       GError **damage, GError **error)
{
	gboolean native, swapped;
	gsize offset = 0, taken;

	native = length >= 4 && word_at(bytes, FALSE) == PACKET_MAGIC;
	swapped = length >= 4 && word_at(bytes, TRUE) == PACKET_MAGIC;
	if (!length)
		return fail(FDAR_SOURCE_ERROR_DAMAGED, path, 0,
			    "metadata; the recording was cut off before it was written", error);
	if (!native && !swapped) {
		if (!is_plain(bytes, length))
			return fail(FDAR_SOURCE_ERROR_FORMAT, path, 0,
				    "metadata of CTF: the magic number 0x75d11d57, \"/* CTF 1.8\" "
				    "or the separator 0x1e",
				    error);
		g_string_append_len(text, bytes, (gssize)length);
		return TRUE;
	}
	for (; offset < length; offset += taken) {
		taken = take_packet(bytes, length, offset, swapped, text);
		if (taken)
			continue;
		fail(FDAR_SOURCE_ERROR_DAMAGED, path, offset, "a whole metadata packet",
		     text->len && damage ? damage : error);
		return text->len && damage;
	}
	return TRUE;
}

GString *fdar_ctf_metadata_unpack(const char *bytes, gsize length, const char *path,
				  GError **damage, GError **error)
{
	GString *text = g_string_new(NULL);
	const char *nul;

	if (unpack(bytes, length, path, text, damage, error)) {
		nul = memchr(text->str, '\0', text->len);
		if (!nul)
			return text;
		/* As where a machine stopped before the disk had it: what is before may be whole. */
		if (damage)
			g_clear_error(damage);
		fail(FDAR_SOURCE_ERROR_DAMAGED, path, 0, "text without NUL bytes",
		     damage && nul > text->str ? damage : error);
		g_string_truncate(text, (gsize)(nul - text->str));
		if (damage && *damage)
			return text;
	}
	if (damage)
		g_clear_error(damage);
	g_string_free(text, TRUE);
	return NULL;
}

GString *fdar_ctf_metadata_read(const char *trace, GError **damage, GError **error)
{
	g_autofree char *path = g_build_filename(trace, "metadata", NULL);
	g_autofree char *bytes = NULL;
	struct stat st;
	gsize length;

	/* Not more than that is read of a file that somebody made very long. */
	if (stat(path, &st) == 0 && st.st_size > FDAR_CTF_METADATA_MAX) {
		fail(FDAR_SOURCE_ERROR_FORMAT, path, FDAR_CTF_METADATA_MAX,
		     "the end of the metadata", error);
		return NULL;
	}
	if (!g_file_get_contents(path, &bytes, &length, error))
		return NULL;
	return fdar_ctf_metadata_unpack(bytes, length, path, damage, error);
}

gsize fdar_ctf_metadata_whole(const char *text, gsize length)
{
	struct fdar_ctf_lexer lexer;
	gboolean open = FALSE;
	gsize whole = 0;
	unsigned depth = 0;

	fdar_ctf_lexer_init(&lexer, text, length);
	for (; lexer.token > FDAR_CTF_TOKEN_ERROR; fdar_ctf_lexer_next(&lexer)) {
		depth += lexer.token == '{';
		depth -= lexer.token == '}' && depth;
		open = lexer.token != ';' || depth;
		if (!open)
			whole = (gsize)(lexer.at - text);
	}
	/* A text within quotes, or a comment, may be what it ends in; or in half a sign. */
	if (lexer.token == FDAR_CTF_TOKEN_ERROR ? lexer.end - lexer.at > 2 : !open)
		whole = length;
	fdar_ctf_lexer_clear(&lexer);
	return whole;
}
