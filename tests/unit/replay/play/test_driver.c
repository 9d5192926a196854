/* The driver against servers that misbehave: what verdict each gives, and that every byte arrives. */
#include "tests/unit/kit/packets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "replay/play/driver.h"

#define MS     ((uint64_t)1000000)
#define URG    0x20u
#define CLIENT "10.0.0.1"
#define SERVER "10.0.0.2"

/* --- captures -------------------------------------------------------------------------------- */

struct scene {
	struct file_style style;
	GByteArray *file;
	uint64_t now_ns;
	unsigned port;
	uint32_t seq[2]; /* next of client and server */
	unsigned window; /* 0: what the frames say */
};

static void scene_begin(struct scene *scene)
{
	*scene = (struct scene){ .style = { .link = 1 }, .now_ns = 5000000 * MS, .port = 40000 };
	scene->file = file_new(&scene->style);
}

/* With URG, the last byte is urgent. */
static void packet(struct scene *scene, gboolean from_server, unsigned flags, const char *payload)
{
	uint32_t *seq = &scene->seq[from_server];
	uint32_t ack = scene->seq[!from_server];
	GByteArray *frame =
		from_server ? tcp_frame(SERVER, 80, CLIENT, scene->port, *seq, ack, flags, payload)
			    : tcp_frame(CLIENT, scene->port, SERVER, 80, *seq, ack, flags, payload);

	if (scene->window)
		set16(frame, 14 + 20 + 14, scene->window);
	if (flags & URG)
		set16(frame, 14 + 20 + 18, (unsigned)strlen(payload));
	file_add(scene->file, &scene->style, scene->now_ns, frame);
	scene->now_ns += MS;
	*seq += payload ? (uint32_t)strlen(payload) : 0;
	*seq += flags & (SYN | FIN) ? 1 : 0;
}

static void open_session(struct scene *scene)
{
	scene->port++;
	scene->seq[0] = 1000;
	scene->seq[1] = 7000;
	packet(scene, FALSE, SYN, NULL);
	packet(scene, TRUE, SYN | ACK, NULL);
	packet(scene, FALSE, ACK, NULL);
}

static void client(struct scene *scene, const char *payload)
{
	packet(scene, FALSE, PSH | ACK, payload);
}

static void server(struct scene *scene, const char *payload)
{
	packet(scene, TRUE, PSH | ACK, payload);
}

/* The client closes, then the server. */
static void close_session(struct scene *scene)
{
	packet(scene, FALSE, FIN | ACK, NULL);
	packet(scene, TRUE, FIN | ACK, NULL);
	packet(scene, FALSE, ACK, NULL);
}

/* "ask" and "answer", and a close by the client. */
static void plain_session(struct scene *scene)
{
	open_session(scene);
	client(scene, "ask");
	server(scene, "answer");
	close_session(scene);
}

/* --- servers --------------------------------------------------------------------------------- */

struct listener {
	int fd;
	uint16_t port;
	void (*behave)(struct listener *listener, int fd);
	GThread *thread;
	uint64_t read_bytes;
	uint32_t sum; /* of all bytes read, so that a lost or twisted one shows */
};

static gpointer serve(gpointer data)
{
	struct listener *listener = data;
	int fd;

	while ((fd = accept(listener->fd, NULL, NULL)) >= 0) {
		listener->behave(listener, fd);
		close(fd);
	}
	return NULL;
}

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static void listener_start(struct listener *listener,
			   void (*behave)(struct listener *listener, int fd))
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);
	int small = 4096;

	memset(listener, 0, sizeof(*listener));
	listener->behave = behave;
	listener->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	g_assert_cmpint(bind(listener->fd, (struct sockaddr *)&address, length), ==, 0);
	g_assert_cmpint(getsockname(listener->fd, (struct sockaddr *)&address, &length), ==, 0);
	g_assert_cmpint(listen(listener->fd, 64), ==, 0);
	listener->port = ntohs(address.sin_port);
	listener->thread = g_thread_new("server", serve, listener);
}

static void listener_stop(struct listener *listener)
{
	shutdown(listener->fd, SHUT_RDWR);
	g_thread_join(listener->thread);
	close(listener->fd);
}

/* Reads count bytes, or to the end. */
static void read_some(struct listener *listener, int fd, uint64_t count)
{
	static uint8_t buffer[16384];

	while (count) {
		ssize_t n = read(fd, buffer, MIN(count, sizeof(buffer)));

		if (n <= 0)
			return;
		for (ssize_t i = 0; i < n; i++)
			listener->sum = listener->sum * 31 + buffer[i];
		listener->read_bytes += (uint64_t)n;
		count -= (uint64_t)n;
	}
}

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		g_test_message("the client has gone");
}

static void reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void answers(struct listener *listener, int fd)
{
	read_some(listener, fd, 3);
	say(fd, "answer");
	read_some(listener, fd, UINT64_MAX);
}

static void answers_more(struct listener *listener, int fd)
{
	read_some(listener, fd, 3);
	say(fd, "answer and more");
	read_some(listener, fd, UINT64_MAX);
}

static void answers_less(struct listener *listener, int fd)
{
	read_some(listener, fd, 3);
	say(fd, "an");
	read_some(listener, fd, UINT64_MAX);
}

static void answers_otherwise(struct listener *listener, int fd)
{
	read_some(listener, fd, 3);
	say(fd, "ANSWER");
	read_some(listener, fd, UINT64_MAX);
}

static void never_answers(struct listener *listener, int fd)
{
	read_some(listener, fd, UINT64_MAX);
}

static void never_closes(struct listener *listener, int fd)
{
	read_some(listener, fd, 3);
	say(fd, "answer");
	read_some(listener, fd, UINT64_MAX);
	g_usleep(400000);
}

#define MUCH 65536u

/* Says so much that it has to wait until the client takes it, which its last bytes show: the sum is when all was sent, in ms. */
static void says_much(struct listener *listener, int fd)
{
	static const char much[MUCH];
	gint64 begin_us;
	int small = 4096;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	read_some(listener, fd, 3);
	begin_us = g_get_monotonic_time();
	if (send(fd, much, sizeof(much), MSG_NOSIGNAL) < 0)
		return;
	listener->sum = (uint32_t)((g_get_monotonic_time() - begin_us) / 1000);
	read_some(listener, fd, UINT64_MAX);
}

/* Only the first client gets an answer. */
static void answers_once(struct listener *listener, int fd)
{
	read_some(listener, fd, 3);
	if (listener->read_bytes == 3)
		say(fd, "answer");
	read_some(listener, fd, UINT64_MAX);
}

static void resets(struct listener *listener, int fd)
{
	read_some(listener, fd, 3);
	reset(fd);
}

static void floods(struct listener *listener, int fd)
{
	static const char much[1 << 20];

	read_some(listener, fd, 3);
	for (unsigned i = 0; i < 48; i++)
		if (send(fd, much, sizeof(much), MSG_NOSIGNAL) < 0)
			return;
	read_some(listener, fd, UINT64_MAX);
}

static void reads_slowly(struct listener *listener, int fd)
{
	for (unsigned i = 0; i < 40; i++) {
		read_some(listener, fd, 8192);
		g_usleep(1000);
	}
	read_some(listener, fd, UINT64_MAX);
	say(fd, "done");
}

/* Of "pre!post" the '!' is urgent: it is not in the stream, but where the mark is. */
static void meets_urgent(struct listener *listener, int fd)
{
	struct timeval limit = { .tv_sec = 5 };
	char before[4] = "", urgent = 0;
	gboolean as_sent;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	as_sent = recv(fd, before, 3, MSG_WAITALL) == 3 && strcmp(before, "pre") == 0 &&
		  sockatmark(fd) == 1 && recv(fd, &urgent, 1, MSG_OOB) == 1 && urgent == '!';
	read_some(listener, fd, 4);
	say(fd, as_sent ? "urgent" : "no");
	read_some(listener, fd, UINT64_MAX);
}

/* Answers "an!", of which the '!' is urgent, in one packet, and "swer" to what follows soon. */
static void says_urgent(struct listener *listener, int fd)
{
	struct timeval limit = { .tv_sec = 5 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	read_some(listener, fd, 3);
	g_assert_cmpint(send(fd, "an", 2, MSG_NOSIGNAL | MSG_MORE), ==, 2);
	g_assert_cmpint(send(fd, "!", 1, MSG_NOSIGNAL | MSG_OOB), ==, 1);
	read_some(listener, fd, 3);
	say(fd, listener->read_bytes == 6 ? "swer" : "late");
	read_some(listener, fd, UINT64_MAX);
}

/* --- runs ------------------------------------------------------------------------------------ */

struct run {
	struct fdar_sessions *sessions;
	struct fdar_scripts *scripts;
	struct fdar_plan_input input;
	struct fdar_plan_options plan;
	struct fdar_routes routes;
	struct fdar_driver_options options;
	struct fdar_driver *driver;
	GString *outcomes; /* "verdict: reason" of each, a line each */
};

static void finished(void *user, const struct fdar_outcome *outcome)
{
	struct run *run = user;

	g_string_append_printf(run->outcomes, "%s%s%s\n", fdar_result_text(outcome->verdict),
			       outcome->reason ? ": " : "", outcome->reason ? outcome->reason : "");
}

static void run_begin_with(struct run *run, struct scene *scene, uint16_t port,
			   const struct fdar_load_options *load)
{
	char *path = file_save(scene->file->data, scene->file->len);
	g_autoptr(GError) error = NULL;
	g_autofree char *target = g_strdup_printf("127.0.0.1:%u", port);

	memset(run, 0, sizeof(*run));
	run->sessions = fdar_sessions_load(path, load, &error);
	g_assert_no_error(error);
	file_remove(path);
	g_byte_array_unref(scene->file);
	run->scripts = fdar_scripts_new(run->sessions, FALSE);
	run->input = (struct fdar_plan_input){ run->scripts, 1, 1 };
	run->plan.speed = 1;
	fdar_routes_add_target(&run->routes, target, &error);
	g_assert_no_error(error);
	run->options.pace = (struct fdar_pace){ 1, FALSE, FDAR_PACE_ANSWER, 50 * MS, 200 * MS };
	run->options.routes = &run->routes;
	run->options.inputs = 1;
	run->options.concurrency = 100;
	run->options.finished = finished;
	run->options.user = run;
	run->outcomes = g_string_new(NULL);
}

static void run_begin(struct run *run, struct scene *scene, uint16_t port)
{
	run_begin_with(run, scene, port, NULL);
}

static enum fdar_replay_end run_play(struct run *run, const volatile int *stop)
{
	static const volatile int never = 0;
	g_autoptr(GError) error = NULL;
	struct fdar_plan *plan = fdar_plan_new(&run->input, 1, &run->plan);
	enum fdar_replay_end end;

	run->driver = fdar_driver_new(&run->options, &error);
	g_assert_no_error(error);
	end = fdar_driver_run(run->driver, plan, &run->input, stop ? stop : &never);
	fdar_plan_free(plan);
	return end;
}

/* Whatever happened, the verdicts add up. */
static void run_end(struct run *run)
{
	const struct fdar_tally *tally = fdar_driver_tally(run->driver, 0);

	g_assert_cmpuint(fdar_tally_done(tally), ==, tally->asked);
	fdar_driver_free(run->driver);
	fdar_routes_clear(&run->routes);
	fdar_scripts_free(run->scripts);
	fdar_sessions_free(run->sessions);
	g_string_free(run->outcomes, TRUE);
}

/* One session against one server: the one line that it gives. */
static void expect(struct scene *scene, void (*behave)(struct listener *, int), const char *outcome)
{
	struct listener listener;
	struct run run;

	listener_start(&listener, behave);
	run_begin(&run, scene, listener.port);
	g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DONE);
	g_assert_cmpstr(run.outcomes->str, ==, outcome);
	run_end(&run);
	listener_stop(&listener);
}

static void test_answers(void)
{
	static const struct {
		void (*behave)(struct listener *, int);
		const char *outcome;
	} cases[] = {
		{ answers, "ok\n" },
		{ answers_otherwise, "ok\n" },
		{ answers_more, "differs: the server answered with more bytes\n" },
		{ answers_less, "differs: the server answered with fewer bytes\n" },
		{ never_answers, "timeout: no answer came\n" },
		{ never_closes, "timeout: the server did not close as captured\n" },
		{ resets, "reset: reset by the server\n" },
		{ floods, "differs: the server answered with more bytes\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scene scene;

		g_test_message("%s", cases[i].outcome);
		scene_begin(&scene);
		plain_session(&scene);
		expect(&scene, cases[i].behave, cases[i].outcome);
	}
}

/* Only the same bytes are exact. */
static void test_exact(void)
{
	static void (*const behave[])(struct listener *, int) = { answers, answers_otherwise };

	for (unsigned i = 0; i < 2; i++) {
		struct listener listener;
		struct scene scene;
		struct run run;

		scene_begin(&scene);
		plain_session(&scene);
		listener_start(&listener, behave[i]);
		run_begin(&run, &scene, listener.port);
		run_play(&run, NULL);
		g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->exact, ==, i == 0);
		run_end(&run);
		listener_stop(&listener);
	}
}

/* Whether a session is played to its captured bytes, all of them. */
static void expect_exact(struct scene *scene, void (*behave)(struct listener *, int))
{
	struct listener listener;
	struct run run;

	listener_start(&listener, behave);
	run_begin(&run, scene, listener.port);
	run.options.pace.quiet_ns = run.options.pace.timeout_ns = 10000 * MS;
	run_play(&run, NULL);
	g_assert_cmpstr(run.outcomes->str, ==, "ok\n");
	g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->exact, ==, 1);
	run_end(&run);
	listener_stop(&listener);
}

/* What the captured client said as urgent data is urgent data at the server, the same byte. */
static void test_urgent(void)
{
	struct scene scene;

	scene_begin(&scene);
	open_session(&scene);
	packet(&scene, FALSE, PSH | ACK | URG, "pre!");
	client(&scene, "post");
	server(&scene, "urgent");
	close_session(&scene);
	expect_exact(&scene, meets_urgent);
}

/* What a server says as urgent data is a byte of its answer, as it is one of the captured answer, and
 * is read though a read ends before it. */
static void test_urgent_answer(void)
{
	struct scene scene;

	scene_begin(&scene);
	open_session(&scene);
	client(&scene, "ask");
	packet(&scene, TRUE, PSH | ACK | URG, "an!");
	client(&scene, "ask");
	server(&scene, "swer");
	close_session(&scene);
	expect_exact(&scene, says_urgent);
}

/* The server closes when there is still something to be said to it. */
static void test_closed_early(void)
{
	struct scene scene;

	scene_begin(&scene);
	open_session(&scene);
	client(&scene, "ask");
	for (unsigned i = 0; i < 20; i++) {
		scene.now_ns += 10 * MS;
		client(&scene, "and more");
	}
	close_session(&scene);
	expect(&scene, resets, "reset: reset by the server\n");
}

/* What the capture has, the server may do. */
static void test_reset_as_captured(void)
{
	struct scene scene;

	scene_begin(&scene);
	open_session(&scene);
	client(&scene, "ask");
	packet(&scene, TRUE, RST | ACK, NULL);
	expect(&scene, resets, "ok\n");
}

/* What the captured server did not let in, and this one does. */
static void test_accepted(void)
{
	struct scene scene;

	scene_begin(&scene);
	packet(&scene, FALSE, SYN, NULL);
	packet(&scene, TRUE, RST | ACK, NULL);
	expect(&scene, answers, "differs: the captured server refused, this one accepts\n");
}

/* What was never established is not played as a connection, unless asked for: then as what it was. */
static void test_half_open(void)
{
	for (unsigned asked = 0; asked < 2; asked++) {
		struct listener listener;
		struct scene scene;
		struct run run;

		listener_start(&listener, never_answers);
		scene_begin(&scene);
		packet(&scene, FALSE, SYN, NULL);
		run_begin(&run, &scene, listener.port);
		if (asked) {
			fdar_scripts_free(run.scripts);
			run.scripts = fdar_scripts_new(run.sessions, TRUE);
			run.input.scripts = run.scripts;
		}
		g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DONE);
		g_assert_cmpstr(run.outcomes->str, ==,
				asked ? "ok: half-open, as in the capture\n"
				      : "not replayable: half-open: nobody answered its SYN; "
					"--half-open plays it\n");
		run_end(&run);
		listener_stop(&listener);
	}
}

/* A client that resets before it has acknowledged all: what came is the captured answer. */
static void test_client_reset(void)
{
	struct listener listener;
	struct scene scene;
	struct run run;

	scene_begin(&scene);
	open_session(&scene);
	client(&scene, "ask");
	server(&scene, "answer");
	packet(&scene, FALSE, RST, NULL);
	listener_start(&listener, answers);
	run_begin(&run, &scene, listener.port);
	run_play(&run, NULL);
	g_assert_cmpstr(run.outcomes->str, ==, "ok\n");
	g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->exact, ==, 1);
	run_end(&run);
	listener_stop(&listener);
}

static void test_refused(void)
{
	struct scene scene;
	struct listener listener;
	struct run run;

	listener_start(&listener, answers);
	listener_stop(&listener);
	scene_begin(&scene);
	plain_session(&scene);
	scene.port++;
	packet(&scene, FALSE, SYN, NULL);
	packet(&scene, TRUE, RST | ACK, NULL);
	run_begin(&run, &scene, listener.port);
	g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DONE);
	g_assert_cmpstr(run.outcomes->str, ==,
			"refused: Connection refused\nok: refused, as in the capture\n");
	run_end(&run);
}

/* More than the socket takes, in pieces: all of it arrives, in order. */
static void test_slow_reader(void)
{
	enum { PIECES = 60, PIECE = 20000 };
	g_autofree char *payload = g_new0(char, PIECE + 1);
	struct listener listener;
	struct scene scene;
	struct run run;
	uint32_t sum = 0;

	scene_begin(&scene);
	open_session(&scene);
	for (unsigned i = 0; i < PIECES; i++) {
		for (unsigned c = 0; c < PIECE; c++) {
			payload[c] = (char)('a' + (i * 7 + c) % 26);
			sum = sum * 31 + (uint8_t)payload[c];
		}
		client(&scene, payload);
	}
	packet(&scene, FALSE, FIN | ACK, NULL);
	server(&scene, "done");
	packet(&scene, TRUE, FIN | ACK, NULL);
	listener_start(&listener, reads_slowly);
	run_begin(&run, &scene, listener.port);
	run.options.pace.timeout_ns = 5000 * MS;
	g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DONE);
	g_assert_cmpstr(run.outcomes->str, ==, "ok\n");
	g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->sent_bytes, ==, PIECES * PIECE);
	listener_stop(&listener);
	g_assert_cmpuint(listener.read_bytes, ==, PIECES * PIECE);
	g_assert_cmpuint(listener.sum, ==, sum);
	run_end(&run);
}

/* Bytes of the client that the capture does not have are not made up; all copies are counted. */
static void test_unplayable(void)
{
	struct scene scene;
	struct listener listener;
	struct run run;

	scene_begin(&scene);
	open_session(&scene);
	client(&scene, "before ");
	scene.seq[0] += 10;
	client(&scene, "after");
	packet(&scene, TRUE, ACK, NULL);
	close_session(&scene);
	plain_session(&scene);
	listener_start(&listener, answers);
	run_begin(&run, &scene, listener.port);
	run.input.clones = 3;
	g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DONE);
	g_assert_cmpstr(
		run.outcomes->str, ==,
		"not replayable: bytes of the client are missing from the capture\nok\nok\nok\n");
	g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->verdicts[FDAR_RESULT_UNPLAYABLE], ==, 3);
	run_end(&run);
	listener_stop(&listener);
}

/* Stopped before anything began. */
static void test_stopped(void)
{
	static const volatile int stop = 1;
	struct scene scene;
	struct run run;

	scene_begin(&scene);
	plain_session(&scene);
	run_begin(&run, &scene, 9);
	run.input.rounds = 7;
	g_assert_cmpint(run_play(&run, &stop), ==, FDAR_REPLAY_STOPPED);
	g_assert_cmpstr(run.outcomes->str, ==, "");
	g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->verdicts[FDAR_RESULT_STOPPED], ==, 7);
	run_end(&run);
}

static void test_duration(void)
{
	struct scene scene;
	struct listener listener;
	struct run run;

	scene_begin(&scene);
	plain_session(&scene);
	listener_start(&listener, never_answers);
	run_begin(&run, &scene, listener.port);
	run.options.pace.timeout_ns = 60000 * MS;
	run.options.duration_ns = 50 * MS;
	g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DURATION);
	g_assert_cmpstr(run.outcomes->str, ==, "stopped: cut: the run was stopped\n");
	run_end(&run);
	listener_stop(&listener);
}

/* An answer that is waited for when the run is cut counts with its wait so far, if another client got one to the same: what
 * nobody got may wait for somebody who is not played. */
static void test_waited(void)
{
	static void (*const behave[])(struct listener *, int) = { answers_once, never_answers };

	for (unsigned i = 0; i < 2; i++) {
		const struct fdar_tally *tally;
		struct listener listener;
		struct scene scene;
		struct run run;

		scene_begin(&scene);
		plain_session(&scene);
		listener_start(&listener, behave[i]);
		run_begin(&run, &scene, listener.port);
		run.input.clones = 2;
		run.options.concurrency = 1;
		run.options.pace.timeout_ns = 60000 * MS;
		run.options.duration_ns = 2000 * MS;
		g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DURATION);
		tally = fdar_driver_tally(run.driver, 0);
		g_assert_cmpuint(tally->service.count, ==, i == 0);
		g_assert_cmpuint(tally->waited.count, ==, i == 0 ? 2 : 0);
		if (i == 0)
			g_assert_cmpuint(tally->waited.max_ns, >, tally->service.max_ns);
		run_end(&run);
		listener_stop(&listener);
	}
}

/* A client that takes 4,000 bytes, nothing for 300 ms, and then the rest. */
static void slow_session(struct scene *scene)
{
	g_autofree char *kilo = g_strnfill(1024, 'x');

	scene->window = 4096;
	open_session(scene);
	client(scene, "ask");
	for (unsigned i = 0; i < MUCH / 1024; i++) {
		if (i == 4)
			scene->now_ns += 300 * MS;
		if (i % 4 == 0 && i)
			packet(scene, FALSE, ACK, NULL);
		server(scene, kilo);
	}
	close_session(scene);
}

/* Asked for, a client that took its time takes it again, and the server feels it; that is no time of the server's. */
static void test_client_pace(void)
{
	for (gboolean windows = FALSE; windows <= TRUE; windows++) {
		const struct fdar_load_options load = { .windows = windows };
		const struct fdar_tally *tally;
		struct listener listener;
		struct scene scene;
		struct run run;

		scene_begin(&scene);
		slow_session(&scene);
		listener_start(&listener, says_much);
		run_begin_with(&run, &scene, listener.port, &load);
		run.options.pace.asap = TRUE;
		run.options.pace.timeout_ns = 10000 * MS;
		g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DONE);
		g_assert_cmpstr(run.outcomes->str, ==, "ok\n");
		tally = fdar_driver_tally(run.driver, 0);
		g_assert_cmpuint(tally->service.count, ==, 1);
		if (windows) {
			uint64_t took_ns = fdar_driver_totals(run.driver)->elapsed_ns;

			g_assert_cmpuint(listener.sum, >=, 250);
			g_assert_cmpuint(took_ns, >=, 300 * MS);
			g_assert_cmpuint(tally->service.max_ns, <=, took_ns - 290 * MS);
		}
		run_end(&run);
		listener_stop(&listener);
		g_assert_cmpuint(listener.read_bytes, ==, 3);
	}
}

/* A limit that no machine keeps ends the run; what was left counts as stopped. */
static void test_lagged(void)
{
	struct scene scene;
	struct listener listener;
	struct run run;

	scene_begin(&scene);
	plain_session(&scene);
	listener_start(&listener, answers);
	run_begin(&run, &scene, listener.port);
	run.input.rounds = 1000;
	run.options.max_lag_ns = 1;
	g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_LAGGED);
	g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->verdicts[FDAR_RESULT_STOPPED], >, 0);
	run_end(&run);
	listener_stop(&listener);
}

/* One at a time: later starts wait for room, and that is not lag. */
static void test_concurrency(void)
{
	struct scene scene;
	struct listener listener;
	struct run run;

	scene_begin(&scene);
	plain_session(&scene);
	listener_start(&listener, answers);
	run_begin(&run, &scene, listener.port);
	run.input.clones = 20;
	run.options.concurrency = 1;
	g_assert_cmpint(run_play(&run, NULL), ==, FDAR_REPLAY_DONE);
	g_assert_cmpuint(fdar_driver_tally(run.driver, 0)->verdicts[FDAR_RESULT_OK], ==, 20);
	g_assert_cmpuint(fdar_driver_totals(run.driver)->most_active, ==, 1);
	g_assert_cmpuint(fdar_driver_totals(run.driver)->held, ==, 19);
	run_end(&run);
	listener_stop(&listener);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/driver/answers", test_answers);
	g_test_add_func("/driver/exact", test_exact);
	g_test_add_func("/driver/urgent", test_urgent);
	g_test_add_func("/driver/urgent-answer", test_urgent_answer);
	g_test_add_func("/driver/closed-early", test_closed_early);
	g_test_add_func("/driver/reset-as-captured", test_reset_as_captured);
	g_test_add_func("/driver/refused", test_refused);
	g_test_add_func("/driver/accepted", test_accepted);
	g_test_add_func("/driver/half-open", test_half_open);
	g_test_add_func("/driver/client-reset", test_client_reset);
	g_test_add_func("/driver/slow-reader", test_slow_reader);
	g_test_add_func("/driver/unplayable", test_unplayable);
	g_test_add_func("/driver/stopped", test_stopped);
	g_test_add_func("/driver/duration", test_duration);
	g_test_add_func("/driver/waited", test_waited);
	g_test_add_func("/driver/client-pace", test_client_pace);
	g_test_add_func("/driver/lagged", test_lagged);
	g_test_add_func("/driver/concurrency", test_concurrency);
	return g_test_run();
}
