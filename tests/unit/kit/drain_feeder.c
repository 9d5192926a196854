#include "tests/unit/kit/drain_feeder.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGE      4096u
#define HEAD      84u /* bytes before the first event */
#define FILLER    300u
#define META_HEAD 37u
#define META_ROOM 200u

static const uint8_t uuid[16] = { 0x2a, 0x64, 0x22, 0xd0, 0x6c, 0xee, 0x11, 0xe0,
				  0x8c, 0x08, 0xcb, 0x07, 0xd7, 0xb3, 0xa5, 0x64 };

static const char preamble[] =
	"/* CTF 1.8 */\n"
	"typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
	"trace { major = 1; minor = 8; uuid = \"2a6422d0-6cee-11e0-8c08-cb07d7b3a564\";\n"
	"  byte_order = le;\n"
	"  packet.header := struct { uint32_t magic; uint8_t uuid[16]; uint32_t stream_id;\n"
	"    uint64_t stream_instance_id; }; };\n\n"
	"env { hostname = \"test\"; domain = \"ust\"; tracer_name = \"lttng-ust\"; };\n\n"
	"clock { name = \"monotonic\"; freq = 1000000000; offset_s = 1600000000; offset = 0; };\n\n"
	"typealias integer { size = 32; align = 8; signed = false; map = clock.monotonic.value; }\n"
	"  := t32_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; }\n"
	"  := t64_t;\n"
	"struct packet_context { t64_t timestamp_begin; t64_t timestamp_end;\n"
	"  uint64_t content_size; uint64_t packet_size; uint64_t packet_seq_num;\n"
	"  uint64_t events_discarded; uint32_t cpu_id; };\n\n"
	"struct event_header_large { enum : uint16_t { compact = 0 ... 65534, extended = 65535 } "
	"id;\n"
	"  variant <id> { struct { t32_t timestamp; } compact;\n"
	"    struct { uint32_t id; t64_t timestamp; } extended; } v; } align(8);\n\n"
	"stream { id = 0; event.header := struct event_header_large;\n"
	"  packet.context := struct packet_context; };\n\n";

static const char *const classes[] = {
	"event { name = \"test:tick\"; id = 0; stream_id = 0;\n"
	"  fields := struct { uint64_t _n; }; };\n\n",
	"event { name = \"test:text\"; id = 1; stream_id = 0;\n"
	"  fields := struct { uint64_t _n; string _text; }; };\n\n",
};

void feeder_init(struct feeder *feeder, const char *folder, const char *name)
{
	g_autofree char *index = g_strdup_printf("%s/index", folder);
	g_autofree char *index_path = g_strdup_printf("%s/%s.idx", index, name);
	const uint32_t head[4] = { GUINT32_TO_BE(0xc1f1dcc1), GUINT32_TO_BE(1), GUINT32_TO_BE(1),
				   GUINT32_TO_BE(72) };

	*feeder = (struct feeder){ .seed = g_str_hash(name) | 1, .clock = 1000 };
	g_assert_cmpint(g_mkdir_with_parents(index, 0755), ==, 0);
	feeder->path = g_build_filename(folder, name, NULL);
	feeder->fd = open(feeder->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	feeder->index = open(index_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	g_assert_cmpint(feeder->fd, >=, 0);
	g_assert_cmpint(write(feeder->index, head, sizeof(head)), ==, sizeof(head));
	feeder->plain = g_byte_array_new();
	feeder->ends = g_array_new(FALSE, FALSE, sizeof(gsize));
	feeder->counts = g_array_new(FALSE, FALSE, sizeof(uint64_t));
}

void feeder_clear(struct feeder *feeder)
{
	close(feeder->fd);
	close(feeder->index);
	g_byte_array_unref(feeder->plain);
	g_array_unref(feeder->ends);
	g_array_unref(feeder->counts);
	g_free(feeder->path);
}

static void put(struct feeder *feeder, const void *bytes, gsize length)
{
	g_byte_array_append(feeder->plain, bytes, (guint)length);
}

/* Texts that do not compress much: the files on the disk are to have some length. */
static void put_event(struct feeder *feeder)
{
	const uint16_t id = feeder->events % 3 == 2;
	const uint32_t time = (uint32_t)(feeder->clock += 10);
	char text[FILLER];

	put(feeder, &id, sizeof(id));
	put(feeder, &time, sizeof(time));
	put(feeder, &feeder->events, sizeof(feeder->events));
	feeder->events++;
	if (!id)
		return;
	for (gsize i = 0; i < sizeof(text) - 1; i++) {
		feeder->seed = feeder->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		text[i] = (char)(' ' + (feeder->seed >> 40) % 90);
	}
	text[sizeof(text) - 1] = '\0';
	put(feeder, text, sizeof(text));
}

void feeder_make(struct feeder *feeder, uint64_t events, uint64_t discarded)
{
	static const uint8_t zeros[PAGE];
	const uint32_t magic = 0xc1fc1fc1;
	guint start = feeder->plain->len;
	uint64_t words[6] = { feeder->clock, 0, 0, 0, feeder->sequence++, discarded };
	gsize end;

	put(feeder, zeros, HEAD);
	for (uint64_t i = 0; i < events; i++)
		put_event(feeder);
	words[1] = feeder->clock;
	words[2] = (uint64_t)(feeder->plain->len - start) * 8;
	put(feeder, zeros, -(feeder->plain->len - start) % PAGE);
	words[3] = (uint64_t)(feeder->plain->len - start) * 8;
	memcpy(feeder->plain->data + start, &magic, sizeof(magic));
	memcpy(feeder->plain->data + start + 4, uuid, sizeof(uuid));
	memcpy(feeder->plain->data + start + 32, words, sizeof(words));
	end = feeder->plain->len;
	g_array_append_val(feeder->ends, end);
	g_array_append_val(feeder->counts, events);
}

void feeder_write(struct feeder *feeder, uint64_t bytes)
{
	bytes = MIN(bytes, feeder->plain->len - feeder->written);
	g_assert_cmpint(write(feeder->fd, feeder->plain->data + feeder->written, bytes), ==,
			(gssize)bytes);
	feeder->written += bytes;
}

void feeder_index(struct feeder *feeder)
{
	gsize start = feeder->indexed ? g_array_index(feeder->ends, gsize, feeder->indexed - 1) : 0;
	uint64_t head[6], entry[9];

	memcpy(head, feeder->plain->data + start + 32, sizeof(head));
	entry[0] = start;
	entry[1] = head[3];
	entry[2] = head[2];
	entry[3] = head[0];
	entry[4] = head[1];
	entry[5] = head[5];
	entry[6] = 0;
	entry[7] = 0;
	entry[8] = head[4];
	for (gsize i = 0; i < G_N_ELEMENTS(entry); i++)
		entry[i] = GUINT64_TO_BE(entry[i]);
	g_assert_cmpint(write(feeder->index, entry, sizeof(entry)), ==, sizeof(entry));
	feeder->indexed++;
}

void feeder_packet(struct feeder *feeder, uint64_t events, uint64_t discarded)
{
	feeder_make(feeder, events, discarded);
	feeder_write(feeder, UINT64_MAX);
	feeder_index(feeder);
}

/* ---- metadata ---- */

/* A piece of text, as it is or in packets of its own. */
static void put_piece(GString *file, const char *text, gsize length, gboolean packets)
{
	if (!packets)
		g_string_append_len(file, text, (gssize)length);
	for (gsize at = 0; packets && at < length; at += META_ROOM) {
		gsize n = MIN(META_ROOM, length - at);
		uint8_t head[META_HEAD] = { [35] = 1, [36] = 8 };
		const uint32_t magic = 0x75d11d57, content = (uint32_t)(META_HEAD + n) * 8,
			       packet = (META_HEAD + META_ROOM) * 8;

		memcpy(head, &magic, sizeof(magic));
		memcpy(head + 4, uuid, sizeof(uuid));
		memcpy(head + 24, &content, sizeof(content));
		memcpy(head + 28, &packet, sizeof(packet));
		g_string_append_len(file, (const char *)head, sizeof(head));
		g_string_append_len(file, text + at, (gssize)n);
		for (gsize i = n; i < META_ROOM; i++)
			g_string_append_c(file, '\0');
	}
}

void feeder_metadata(const char *folder, unsigned known, gboolean halfway, gboolean packets)
{
	g_autofree char *path = g_build_filename(folder, "metadata", NULL);
	GString *file = g_string_new(NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	put_piece(file, preamble, strlen(preamble), packets);
	for (unsigned i = 0; i < known + (halfway ? 1 : 0); i++) {
		gsize half = strlen(classes[i]) / 2;

		put_piece(file, classes[i], half, packets);
		if (i < known)
			put_piece(file, classes[i] + half, strlen(classes[i]) - half, packets);
	}
	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	if (fd < 0)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	/* Not made anew: it grows. */
	g_assert_cmpint(pwrite(fd, file->str, file->len, 0), ==, (gssize)file->len);
	close(fd);
	g_string_free(file, TRUE);
}
