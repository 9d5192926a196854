/*
 * Writes traces to be analysed, as LTTng-UST writes them, without LTTng:
 *
 *	make_trace DIR server EVENTS THREADS   entries and exits, calls as a server makes them: few paths
 *	make_trace DIR random EVENTS THREADS   a call tree drawn at random: up to a million paths
 *	make_trace DIR calls EVENTS THREADS    the server's calls in flowdar:calls events, a thousand
 *	                                       bytes each; EVENTS counts entries and exits
 *	make_trace DIR sessions EVENTS THREADS the same in 10,000 sessions, a hundred of each thread open
 *	make_trace DIR open EVENTS THREADS     the same, all of them open from the begin to the end
 *
 * A stream for each thread. The same arguments give the same bytes.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instrument/wire/calls.h"
#include "tests/unit/kit/calls_script.h"

#define PACKET_BYTES (1u << 20)
#define HEAD_BYTES   76u
#define BASE         UINT64_C(0x55d0c0de1000)
#define DEEPEST      8u
#define CALLS_BYTES  1000u
#define CALLS_NS     40000u /* that a calls event is about */
#define PID          4242u

#define SESSIONS 10000u
#define OPEN     100u

enum { ID_ENTRY, ID_EXIT, ID_CALLS, ID_BEGIN, ID_RESUME, ID_SUSPEND, ID_END };

static const uint8_t uuid[16] = { 0x2a, 0x64, 0x22, 0xd0, 0x6c, 0xee, 0x11, 0xe0,
				  0x8c, 0x08, 0xcb, 0x07, 0xd7, 0xb3, 0xa5, 0x65 };

static const char metadata[] =
	"/* CTF 1.8 */\n"
	"typealias integer { size = 5; align = 1; signed = false; } := uint5_t;\n"
	"typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
	"typealias integer { size = 32; align = 8; signed = true; } := int32_t;\n"
	"trace { major = 1; minor = 8; uuid = \"2a6422d0-6cee-11e0-8c08-cb07d7b3a565\";\n"
	"  byte_order = le;\n"
	"  packet.header := struct { uint32_t magic; uint8_t uuid[16]; uint32_t stream_id; }; };\n"
	"env { hostname = \"bench\"; domain = \"ust\"; tracer_name = \"lttng-ust\"; };\n"
	"clock { name = \"monotonic\"; freq = 1000000000; offset_s = 1600000000; offset = 0; };\n"
	"typealias integer { size = 27; align = 1; signed = false;\n"
	"  map = clock.monotonic.value; } := uint27_clock_t;\n"
	"typealias integer { size = 64; align = 8; signed = false;\n"
	"  map = clock.monotonic.value; } := uint64_clock_t;\n"
	"struct header { enum : uint5_t { compact = 0 ... 30, extended = 31 } id;\n"
	"  variant <id> { struct { uint27_clock_t timestamp; } compact;\n"
	"    struct { uint32_t id; uint64_clock_t timestamp; } extended; } v; } align(8);\n"
	"stream { id = 0; event.header := struct header;\n"
	"  packet.context := struct { uint64_clock_t timestamp_begin;\n"
	"    uint64_clock_t timestamp_end; uint64_t content_size; uint64_t packet_size;\n"
	"    uint64_t packet_seq_num; uint64_t events_discarded; uint32_t cpu_id; };\n"
	"  event.context := struct { int32_t _vpid; int32_t _vtid; }; };\n"
	"event { name = \"flowdar:func_entry\"; id = 0; stream_id = 0;\n"
	"  fields := struct { uint64_t _addr; uint64_t _call_site; }; };\n"
	"event { name = \"flowdar:func_exit\"; id = 1; stream_id = 0;\n"
	"  fields := struct { uint64_t _addr; uint64_t _call_site; }; };\n"
	"event { name = \"flowdar:calls\"; id = 2; stream_id = 0; fields := struct { uint32_t "
	"_tid;\n"
	"  uint32_t __data_length; uint8_t _data[__data_length]; }; };\n"
	"event { name = \"flowdar:session_begin\"; id = 3; stream_id = 0; fields := struct {\n"
	"  uint64_t _key; string _peer; int32_t _fd; }; };\n"
	"event { name = \"flowdar:session_resume\"; id = 4; stream_id = 0;\n"
	"  fields := struct { uint64_t _key; }; };\n"
	"event { name = \"flowdar:session_suspend\"; id = 5; stream_id = 0;\n"
	"  fields := struct { uint64_t _key; }; };\n"
	"event { name = \"flowdar:session_end\"; id = 6; stream_id = 0;\n"
	"  fields := struct { uint64_t _key; }; };\n";

struct writer {
	FILE *file;
	GByteArray *packet;
	uint64_t now_ns, begin_ns, sequence;
	uint32_t tid;
	GRand *rand;
	long left;     /* entries and exits */
	gboolean wild; /* a random tree */
	gboolean calls;
	struct calls_script script;
	uint64_t base_ns; /* of its first record */
	uint64_t depth;
};

static void put(struct writer *writer, const void *bytes, size_t length)
{
	g_byte_array_append(writer->packet, bytes, (guint)length);
}

static void end_packet(struct writer *writer)
{
	const uint32_t magic = 0xc1fc1fc1;
	uint64_t bits = (uint64_t)writer->packet->len * 8;
	uint64_t words[6] = { writer->begin_ns, writer->now_ns, bits, bits, writer->sequence++, 0 };

	memcpy(writer->packet->data, &magic, 4);
	memcpy(writer->packet->data + 4, uuid, 16);
	memcpy(writer->packet->data + 24, words, sizeof(words));
	if (fwrite(writer->packet->data, writer->packet->len, 1, writer->file) != 1) {
		perror("make_trace");
		exit(1);
	}
	g_byte_array_set_size(writer->packet, 0);
}

static void event(struct writer *writer, uint32_t id)
{
	static const uint8_t head[HEAD_BYTES];
	uint32_t ids[3] = { 0, PID, writer->tid };

	if (writer->packet->len > PACKET_BYTES)
		end_packet(writer);
	if (!writer->packet->len) {
		writer->begin_ns = writer->now_ns;
		put(writer, head, sizeof(head));
	}
	ids[0] = id | (uint32_t)writer->now_ns << 5;
	put(writer, ids, sizeof(ids));
}

static uint64_t some_ns(struct writer *writer)
{
	return 20 + g_rand_int(writer->rand) % 64;
}

static void plain(struct writer *writer, uint32_t id, uint64_t self, uint64_t from)
{
	const uint64_t words[2] = { self, from };

	writer->now_ns += some_ns(writer);
	event(writer, id);
	put(writer, words, sizeof(words));
	writer->left--;
}

static void flush_calls(struct writer *writer)
{
	const uint32_t words[2] = { writer->tid,
				    writer->script.bytes ? writer->script.bytes->len : 0 };

	if (!words[1])
		return;
	writer->now_ns = writer->base_ns + CALLS_NS;
	event(writer, ID_CALLS);
	put(writer, words, sizeof(words));
	put(writer, writer->script.bytes->data, words[1]);
	g_byte_array_set_size(writer->script.bytes, 0);
}

/* Before a record of a calls event: makes room for one, and gives its time since the one before. */
static uint64_t record_dt(struct writer *writer)
{
	uint64_t dt = some_ns(writer);
	GByteArray *bytes = writer->script.bytes;

	if (bytes &&
	    (bytes->len > CALLS_BYTES || writer->now_ns + 2 * dt > writer->base_ns + CALLS_NS))
		flush_calls(writer);
	if (!bytes || !bytes->len) {
		writer->base_ns = writer->now_ns;
		calls_script_begin(&writer->script, writer->depth, CALLS_NS);
	}
	writer->now_ns += dt;
	return dt;
}

static void enter(struct writer *writer, uint64_t self, uint64_t from)
{
	if (!writer->calls) {
		plain(writer, ID_ENTRY, self, from);
		return;
	}
	calls_script_enter(&writer->script, record_dt(writer), self);
	writer->depth++;
	writer->left--;
}

static void leave(struct writer *writer, uint64_t self, uint64_t from)
{
	if (!writer->calls) {
		plain(writer, ID_EXIT, self, from);
		return;
	}
	calls_script_exit(&writer->script, record_dt(writer));
	writer->depth--;
	writer->left--;
}

static void leaf(struct writer *writer, uint64_t self, uint64_t from)
{
	uint64_t dt, ns = some_ns(writer);

	if (!writer->calls) {
		enter(writer, self, from);
		leave(writer, self, from);
		return;
	}
	dt = record_dt(writer);
	calls_script_call(&writer->script, dt, self, ns);
	writer->now_ns += ns;
	writer->left -= 2;
}

static uint64_t callee(struct writer *writer, uint64_t around, unsigned depth, unsigned which)
{
	if (writer->wild)
		return BASE + (uint64_t)g_rand_int_range(writer->rand, 0, 4096) * 64;
	/* Each calls two others: a path is a number with depth bits. */
	return BASE + ((around - BASE) / 64 * 2 + 1 + (depth + which) % 2) * 64;
}

static void call(struct writer *writer, uint64_t self, uint64_t from, unsigned depth)
{
	unsigned below = depth < DEEPEST ? g_rand_int(writer->rand) % (depth ? 4 : 8) : 0;

	if (!below) {
		leaf(writer, self, from);
		return;
	}
	enter(writer, self, from);
	for (unsigned i = 0; i < below && writer->left > (long)depth + 1; i++)
		call(writer, callee(writer, self, depth, i), self + 16 + i, depth + 1);
	leave(writer, self, from);
}

static void session(struct writer *writer, uint32_t id, uint64_t key)
{
	const int32_t fd = -1;

	flush_calls(writer);
	writer->now_ns += 100;
	event(writer, id);
	put(writer, &key, sizeof(key));
	if (id != ID_BEGIN)
		return;
	put(writer, "", 1);
	put(writer, &fd, sizeof(fd));
}

/* Calls in sessions that take turns, so many at a time. */
static void write_sessions(struct writer *writer, unsigned sessions, unsigned open)
{
	uint64_t first_key = (uint64_t)writer->tid << 32;
	long each = writer->left / (long)MAX(1, sessions / open), all = writer->left;
	unsigned turn = 0;

	for (unsigned first = 0; first < sessions; first += open) {
		for (unsigned i = 0; i < open; i++)
			session(writer, ID_BEGIN, first_key + first + i);
		for (; writer->left > all - each * (long)(first / open + 1); turn++) {
			uint64_t key = first_key + first + turn % open;

			session(writer, ID_RESUME, key);
			call(writer, callee(writer, BASE, 0, turn), BASE, 0);
			session(writer, ID_SUSPEND, key);
		}
		for (unsigned i = 0; i < open; i++)
			session(writer, ID_END, first_key + first + i);
	}
}

static FILE *open_file(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	FILE *file = fopen(path, "wb");

	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static void write_stream(const char *dir, const char *how, uint32_t thread, unsigned threads,
			 long events)
{
	gboolean sessions = strcmp(how, "sessions") == 0, open = strcmp(how, "open") == 0;
	g_autofree char *name = g_strdup_printf("stream_%u", thread);
	struct writer writer = { .file = open_file(dir, name),
				 .packet = g_byte_array_new(),
				 .now_ns = 1000 + thread,
				 .tid = PID + thread,
				 .rand = g_rand_new_with_seed(thread + 1),
				 .left = events,
				 .wild = strcmp(how, "random") == 0,
				 .calls = sessions || open || strcmp(how, "calls") == 0 };

	if (sessions || open)
		write_sessions(&writer, SESSIONS / threads, open ? SESSIONS / threads : OPEN);
	for (unsigned i = 0; writer.left > 0; i++)
		call(&writer, callee(&writer, BASE, 0, i), BASE, 0);
	flush_calls(&writer);
	end_packet(&writer);
	fclose(writer.file);
	calls_script_clear(&writer.script);
	g_byte_array_unref(writer.packet);
	g_rand_free(writer.rand);
}

int main(int argc, char **argv)
{
	unsigned threads = argc == 5 ? (unsigned)atoi(argv[4]) : 0;
	FILE *file;

	if (!threads || strspn(argv[3], "0123456789") != strlen(argv[3])) {
		fprintf(stderr,
			"usage: make_trace DIR server|random|calls|sessions|open EVENTS THREADS\n");
		return 2;
	}
	g_mkdir_with_parents(argv[1], 0755);
	file = open_file(argv[1], "metadata");
	fputs(metadata, file);
	fclose(file);
	for (uint32_t i = 0; i < threads; i++)
		write_stream(argv[1], argv[2], i, threads, atol(argv[3]) / threads);
	return 0;
}
