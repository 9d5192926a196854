/*
 * The memory bound of loading: a capture of 200 MB, in 2,000 sessions at a time, comes through a
 * pipe; what is anonymous (and so cannot be given back) must not grow with it. FLOWDAR_BOUNDS_MB in
 * the environment asks for another size: the bound is the same.
 */
#include "tests/unit/kit/packets.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "replay/sessions/session.h"

#define MB       ((uint64_t)1000 * 1000)
#define SESSIONS 2000u
#define PAYLOAD  1400u
#define BOUND_KB 24000u

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static uint64_t capture_bytes(void)
{
	const char *asked = getenv("FLOWDAR_BOUNDS_MB");

	return (asked ? strtoull(asked, NULL, 10) : 200) * MB;
}

static unsigned anonymous_kb(void)
{
	g_autofree char *text = NULL;
	const char *line;

	g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
	line = strstr(text, "RssAnon:");
	g_assert_nonnull(line);
	return (unsigned)strtoul(line + strlen("RssAnon:"), NULL, 10);
}

static void write_out(int fd, GByteArray *bytes)
{
	for (guint at = 0; at < bytes->len;) {
		ssize_t done = write(fd, bytes->data + at, bytes->len - at);

		if (done <= 0)
			_exit(1);
		at += (guint)done;
	}
	g_byte_array_set_size(bytes, 0);
}

/* Every session sends a segment in turn; some come twice, some too early. Checksums are not read. */
static void make_capture(int fd)
{
	struct file_style style = { .link = 1 };
	GByteArray *file = file_new(&style);
	g_autofree char *payload = g_strnfill(PAYLOAD, 'x');
	GByteArray *frame = tcp_frame("10.0.0.1", 0, "10.0.0.2", 80, 0, 1, ACK, payload);
	uint64_t written = 0;

	for (uint32_t round = 0; written < capture_bytes(); round++)
		for (unsigned i = 0; i < SESSIONS; i++) {
			uint32_t early = round % 7 == 3 ? 1 : round % 7 == 4 ? (uint32_t)-1 : 0;
			uint32_t seq = GUINT32_TO_BE((round + early) * PAYLOAD);

			set16(frame, 34, 1024 + i);
			memcpy(frame->data + 38, &seq, 4);
			file_add_cut(file, &style, written, frame, frame->len);
			if (file->len > 100000) {
				written += file->len;
				write_out(fd, file);
			}
		}
	write_out(fd, file);
	_exit(0);
}

struct watch {
	unsigned start_kb;
	unsigned top_kb;
	uint64_t payload_bytes; /* of all sessions; 0 as long as the capture is read */
};

static gboolean look(uint64_t read_bytes, uint64_t size_bytes, void *user)
{
	struct watch *watch = user;

	/* Nobody knows how long a pipe is; how much payload is looked at for TLS is known then. */
	if (watch->payload_bytes)
		g_assert_cmpuint(size_bytes, ==, watch->payload_bytes);
	watch->payload_bytes = size_bytes;
	g_assert_true(!size_bytes || read_bytes <= size_bytes);
	watch->top_kb = MAX(watch->top_kb, anonymous_kb());
	return TRUE;
}

static void test_load(void)
{
	struct watch watch = { .start_kb = anonymous_kb() };
	struct fdar_load_options options = { .progress = look, .user = &watch };
	g_autoptr(GError) error = NULL;
	fdar_sessions *sessions;
	uint64_t bytes = 0;
	volatile uint64_t sum = 0;
	int ends[2], status;
	pid_t child;

	g_assert_cmpint(pipe(ends), ==, 0);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		make_capture(ends[1]);
	}
	close(ends[1]);
	g_assert_cmpint(dup2(ends[0], STDIN_FILENO), ==, STDIN_FILENO);
	close(ends[0]);
	sessions = fdar_sessions_load("-", &options, &error);
	g_assert_no_error(error);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpuint(fdar_sessions_count(sessions), ==, SESSIONS);
	/* Play it all: every piece and every byte. */
	for (size_t i = 0; i < SESSIONS; i++) {
		const struct fdar_session *session = fdar_sessions_get(sessions, i);
		const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);

		bytes += session->way[FDAR_FROM_CLIENT].bytes;
		for (uint64_t p = 0; p < session->pieces; p++)
			sum += fdar_sessions_payload(sessions, &pieces[p])[pieces[p].length - 1];
	}
	g_test_message("last bytes of all pieces add up to %" G_GUINT64_FORMAT, sum);
	watch.top_kb = MAX(watch.top_kb, anonymous_kb());
	g_assert_cmpuint(bytes, >, capture_bytes() / 10 * 9);
	g_assert_cmpuint(watch.payload_bytes, >=, bytes);
	g_test_message("anonymous memory: %u kB before, %u kB at most", watch.start_kb,
		       watch.top_kb);
	if (SANITIZED)
		g_test_skip("the sanitizer's own memory would be measured");
	else
		g_assert_cmpuint(watch.top_kb - watch.start_kb, <, BOUND_KB);
	fdar_sessions_free(sessions);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bounds/load", test_load);
	return g_test_run();
}
