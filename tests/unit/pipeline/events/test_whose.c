/* Whose an event is: hosts, namespaces, lives; and in which module it was called. */
#include "pipeline/events/whose.h"

#include <string.h>
#include <time.h>

#include "pipeline/events/load_map.h"

struct fixture {
	struct fdar_texts *texts;
	struct fdar_homes *homes;
	struct fdar_whose *whose;
	struct fdar_load_map *map;
};

static void set_up(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->texts = fdar_texts_new();
	f->homes = fdar_homes_new();
	f->whose = fdar_whose_new(f->homes, f->texts);
	f->map = fdar_load_map_new();
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	(void)data;
	fdar_load_map_free(f->map);
	fdar_whose_free(f->whose);
	fdar_homes_free(f->homes);
	fdar_texts_free(f->texts);
}

static uint16_t home_of(struct fixture *f, const char *host, uint32_t ns)
{
	return fdar_homes_add(f->homes, fdar_texts_id(f->texts, host), ns);
}

static uint32_t tell(struct fixture *f, const char *host, uint32_t ns, uint32_t pid)
{
	struct fdar_event event = { .home = home_of(f, host, ns), .pid = pid };
	uint32_t ended = 0;

	g_assert_cmpint(fdar_whose_tell(f->whose, &event, &ended), ==, FDAR_WHOSE_SAME);
	return event.pid;
}

static uint16_t session_of(struct fixture *f, uint32_t session)
{
	return fdar_homes_add_home(f->homes,
				   (struct fdar_home){ .host = fdar_texts_id(f->texts, "a"),
						       .session = session });
}

/* A module that the process lists when it registers, as it becomes known. */
static struct fdar_event listed(struct fixture *f, uint16_t home, uint32_t pid, uint64_t base,
				const char *path)
{
	return (struct fdar_event){ .kind = FDAR_EVENT_MODULE,
				    .wait = FDAR_MODULE_SAID_LISTED,
				    .home = home,
				    .pid = pid,
				    .addr = base,
				    .addr2 = 0x1000,
				    .name = fdar_texts_id(f->texts, path) };
}

/* Gives the process that ended, 0: none. */
static uint32_t list(struct fixture *f, uint32_t pid, uint64_t base, const char *path)
{
	struct fdar_event event = listed(f, home_of(f, "a", 0), pid, base, path);
	uint32_t ended = 0;

	return fdar_whose_tell(f->whose, &event, &ended) == FDAR_WHOSE_NEXT_LIFE ? ended : 0;
}

static uint32_t tell_session(struct fixture *f, uint32_t session, uint32_t pid)
{
	struct fdar_event event = { .home = session_of(f, session), .pid = pid };
	uint32_t ended;

	g_assert_cmpint(fdar_whose_tell(f->whose, &event, &ended), ==, FDAR_WHOSE_SAME);
	return event.pid;
}

/* What becomes of the process in another tracing session that lists this. */
static enum fdar_whose_change list_session(struct fixture *f, uint32_t session, uint32_t pid,
					   uint64_t base, const char *path)
{
	struct fdar_event event = listed(f, session_of(f, session), pid, base, path);
	uint32_t ended;

	return fdar_whose_tell(f->whose, &event, &ended);
}

/* Two tracing sessions of one host see one process, until they list what cannot be in one. */
static void test_sessions(struct fixture *f, gconstpointer data)
{
	uint32_t other;

	(void)data;
	g_assert_cmpint(list_session(f, 1, 3, 0x7f0000, "/lib/libc.so.6"), ==, FDAR_WHOSE_SAME);
	g_assert_cmpuint(tell_session(f, 1, 3), ==, tell_session(f, 2, 3));
	g_assert_cmpint(list_session(f, 2, 3, 0x7f0000, "/lib/libc.so.6"), ==, FDAR_WHOSE_SAME);
	g_assert_cmpuint(tell_session(f, 1, 3), ==, tell_session(f, 2, 3));
	g_assert_cmpint(list_session(f, 3, 3, 0x7e0000, "/lib/libc.so.6"), ==, FDAR_WHOSE_NAMESAKE);
	other = tell_session(f, 3, 3);
	g_assert_cmpuint(other, !=, tell_session(f, 1, 3));
	g_assert_cmpuint(tell_session(f, 1, 3), ==, tell_session(f, 2, 3));
	g_assert_cmpuint(fdar_whose_process(f->whose, other).pid, ==, 3);
	g_assert_cmpuint(fdar_whose_process(f->whose, other).life, ==, 1);
	/* Another life is of its own session alone. */
	g_assert_cmpint(list_session(f, 3, 3, 0x7d0000, "/lib/libc.so.6"), ==,
			FDAR_WHOSE_NEXT_LIFE);
	g_assert_cmpuint(tell_session(f, 3, 3), !=, other);
	g_assert_cmpuint(tell_session(f, 1, 3), ==, tell_session(f, 2, 3));
	/* A process that two sessions see becomes another program: whichever says so first, it is so for both. */
	g_assert_cmpint(list_session(f, 1, 3, 0x7c0000, "/lib/libc.so.6"), ==,
			FDAR_WHOSE_NEXT_LIFE);
	g_assert_cmpuint(tell_session(f, 1, 3), ==, tell_session(f, 2, 3));
	g_assert_cmpint(list_session(f, 2, 3, 0x7c0000, "/lib/libc.so.6"), ==, FDAR_WHOSE_SAME);
	g_assert_cmpint(list_session(f, 2, 3, 0x7b0000, "/lib/libc.so.6"), ==,
			FDAR_WHOSE_NEXT_LIFE);
	g_assert_cmpuint(tell_session(f, 1, 3), ==, tell_session(f, 2, 3));
	/* Programs may lie at one address in all containers. */
	g_assert_cmpint(list_session(f, 1, 4, 0x400000, "/bin/server"), ==, FDAR_WHOSE_SAME);
	g_assert_cmpint(list_session(f, 1, 4, 0x7f0000, "/lib/libc.so.6"), ==, FDAR_WHOSE_SAME);
	g_assert_cmpint(list_session(f, 2, 4, 0x400000, "/bin/server"), ==, FDAR_WHOSE_SAME);
	g_assert_cmpint(list_session(f, 2, 4, 0x7e0000, "/lib/libc.so.6"), ==, FDAR_WHOSE_NAMESAKE);
	g_assert_cmpuint(tell_session(f, 1, 4), !=, tell_session(f, 2, 4));
	/* Namespaces say it better. */
	g_assert_cmpuint(home_of(f, "a", 77), ==,
			 fdar_homes_add_home(f->homes, (struct fdar_home){
							       .host = fdar_texts_id(f->texts, "a"),
							       .ns = 77,
							       .session = 2 }));
}

/* Two sessions that both list a process see one that executes another program, whichever tells it first. */
static void test_sessions_exec(struct fixture *f, gconstpointer data)
{
	uint32_t first;

	(void)data;
	for (uint32_t session = 1; session <= 2; session++)
		g_assert_cmpint(list_session(f, session, 3, 0x7f0000, "/lib/libc.so.6"), ==,
				FDAR_WHOSE_SAME);
	first = tell_session(f, 1, 3);
	g_assert_cmpint(list_session(f, 1, 3, 0x7e0000, "/lib/libc.so.6"), ==,
			FDAR_WHOSE_NEXT_LIFE);
	g_assert_cmpint(list_session(f, 2, 3, 0x7e0000, "/lib/libc.so.6"), ==, FDAR_WHOSE_SAME);
	g_assert_cmpuint(tell_session(f, 1, 3), !=, first);
	g_assert_cmpuint(tell_session(f, 1, 3), ==, tell_session(f, 2, 3));
	g_assert_cmpuint(fdar_whose_process(f->whose, tell_session(f, 2, 3)).life, ==, 2);
}

static void test_hosts(struct fixture *f, gconstpointer data)
{
	uint32_t other;

	(void)data;
	g_assert_cmpuint(tell(f, "a", 0, 3), ==, 3);
	g_assert_cmpuint(tell(f, "a", 0, 4), ==, 4);
	g_assert_false(fdar_whose_matters(f->whose));
	other = tell(f, "b", 0, 3);
	g_assert_cmpuint(other, >=, FDAR_WHOSE_MADE_UP);
	g_assert_cmpuint(tell(f, "b", 0, 3), ==, other);
	g_assert_cmpuint(tell(f, "a", 0, 3), ==, 3);
	/* Nobody need have kept in mind which ids were in use on the first. */
	g_assert_cmpuint(tell(f, "b", 0, 5), >=, FDAR_WHOSE_MADE_UP);
	g_assert_true(fdar_whose_matters(f->whose));
	g_assert_cmpuint(fdar_whose_process(f->whose, other).pid, ==, 3);
	g_assert_cmpstr(fdar_texts_get(f->texts, fdar_whose_process(f->whose, other).host), ==,
			"b");
	/* Nothing is known of where they are. */
	g_assert_cmpuint(tell(f, "", 0, 0), ==, 0);
	g_assert_cmpuint(tell(f, "a", 0, 0), >=, FDAR_WHOSE_MADE_UP);
}

static void test_namespaces(struct fixture *f, gconstpointer data)
{
	uint32_t other;

	(void)data;
	/* What tells no namespace is the same process while there is only one. */
	g_assert_cmpuint(tell(f, "a", 0, 3), ==, 3);
	g_assert_cmpuint(tell(f, "a", 77, 3), ==, 3);
	other = tell(f, "a", 78, 3);
	g_assert_cmpuint(other, !=, 3);
	g_assert_cmpuint(tell(f, "a", 0, 3), ==, 3);
	g_assert_cmpuint(tell(f, "a", 77, 3), ==, 3);
	g_assert_cmpuint(tell(f, "a", 78, 3), ==, other);
	g_assert_cmpuint(fdar_whose_process(f->whose, other).ns, ==, 78);
	g_assert_cmpuint(fdar_whose_process(f->whose, 3).ns, ==, 77);
}

/* All are in a namespace, and nobody was told of what the first did. */
static void test_namespaces_late(struct fixture *f, gconstpointer data)
{
	uint32_t other;

	(void)data;
	home_of(f, "a", 77);
	other = tell(f, "a", 78, 3);
	g_assert_cmpuint(other, >=, FDAR_WHOSE_MADE_UP);
	g_assert_cmpuint(tell(f, "a", 77, 3), ==, 3);
	g_assert_cmpuint(tell(f, "a", 78, 3), ==, other);
}

static void test_lives(struct fixture *f, gconstpointer data)
{
	uint32_t now;

	(void)data;
	g_assert_cmpuint(list(f, 3, 0x400000, "/bin/one"), ==, 0);
	g_assert_cmpuint(list(f, 3, 0x7f0000, "/lib/libc.so.6"), ==, 0);
	g_assert_cmpuint(list(f, 3, 0x7e0000, "/lib/libz.so.1"), ==, 0);
	/* The same list once more; a library that was unloaded and loaded elsewhere; a fork. */
	g_assert_cmpuint(list(f, 3, 0x400000, "/bin/one"), ==, 0);
	g_assert_cmpuint(list(f, 3, 0x7d0000, "/lib/libz.so.1"), ==, 0);
	g_assert_cmpuint(list(f, 4, 0x400000, "/bin/one"), ==, 0);
	g_assert_cmpuint(list(f, 3, 0x400000, "/bin/one (deleted)"), ==, 0);
	/* A plugin whose name is no library's, here and there. */
	g_assert_cmpuint(list(f, 3, 0x7c0000, "/app/addon.node"), ==, 0);
	g_assert_cmpuint(list(f, 3, 0x7b0000, "/app/addon.node"), ==, 0);
	/* Another program: exec. */
	g_assert_cmpuint(list(f, 3, 0x400000, "/bin/two"), ==, 3);
	now = tell(f, "a", 0, 3);
	g_assert_cmpuint(now, !=, 3);
	g_assert_cmpuint(fdar_whose_process(f->whose, now).pid, ==, 3);
	g_assert_cmpuint(fdar_whose_process(f->whose, now).life, ==, 2);
	/* The same program, with the libraries elsewhere: a restart. */
	g_assert_cmpuint(list(f, 3, 0x7f0000, "/lib/libc.so.6"), ==, 0);
	g_assert_cmpuint(list(f, 3, 0x400000, "/bin/two"), ==, 0);
	g_assert_cmpuint(list(f, 3, 0x710000, "/lib/libc.so.6"), ==, now);
	g_assert_cmpuint(fdar_whose_process(f->whose, tell(f, "a", 0, 3)).life, ==, 3);
	g_assert_cmpuint(tell(f, "a", 0, 4), ==, 4);
}

static void forks(struct fixture *f, uint32_t pid, uint64_t number)
{
	struct fdar_event event = { .kind = FDAR_EVENT_FORKING,
				    .home = home_of(f, "a", 0),
				    .pid = pid };
	uint32_t ended;

	event.forking.number = number;
	g_assert_cmpint(fdar_whose_tell(f->whose, &event, &ended), ==, FDAR_WHOSE_SAME);
}

/* The number of the parent of a child that says who it is. */
static uint64_t parent_of(struct fixture *f, uint32_t child, uint32_t pid, uint64_t fork)
{
	struct fdar_event event = { .kind = FDAR_EVENT_PROCESS,
				    .home = home_of(f, "a", 0),
				    .pid = child };
	uint32_t ended;

	event.process.parent = pid;
	event.process.fork = fork;
	g_assert_cmpint(fdar_whose_tell(f->whose, &event, &ended), ==, FDAR_WHOSE_SAME);
	return event.process.parent;
}

/* A server that a shell has executed forks: its children are its own, not the shell's. */
static void test_parents(struct fixture *f, gconstpointer data)
{
	uint32_t server;

	(void)data;
	list(f, 3, 0x400000, "/bin/sh");
	forks(f, 3, 1);
	g_assert_cmpuint(parent_of(f, 4, 3, 1), ==, 3);
	forks(f, 3, 2);
	list(f, 3, 0x400000, "/bin/server");
	server = tell(f, "a", 0, 3);
	g_assert_cmpuint(server, !=, 3);
	/* The shell's child is late. */
	g_assert_cmpuint(parent_of(f, 5, 3, 2), ==, 3);
	forks(f, 3, 1);
	g_assert_cmpuint(parent_of(f, 6, 3, 1), ==, server);
	/* Not forked while it was recorded; of somebody who is not in the trace. */
	g_assert_cmpuint(parent_of(f, 7, 3, 0), ==, 3);
	g_assert_cmpuint(parent_of(f, 8, 2, 1), ==, 2);
}

/* LTTng's traces of a process each. */
static void test_alone(struct fixture *f, gconstpointer data)
{
	static const uint8_t uuids[2][16] = { { 1 }, { 2 } };
	const struct fdar_home_told told[] = {
		{ .hostname = "a", .uuid = uuids[0], .alone = TRUE },
		{ .hostname = "a", .uuid = uuids[1], .alone = TRUE },
		{ .hostname = "a", .uuid = uuids[1] },
	};
	g_autofree char *first = fdar_home_host(&told[0]);
	g_autofree char *second = fdar_home_host(&told[1]);
	g_autofree char *shared = fdar_home_host(&told[2]);
	uint16_t homes[] = { home_of(f, first, 0), home_of(f, second, 0) };
	struct fdar_event event = { .home = homes[1], .pid = 3 };
	uint32_t ended = 0;

	(void)data;
	g_assert_cmpstr(shared, ==, "a");
	g_assert_cmpuint(tell(f, first, 0, 3), ==, 3);
	g_assert_cmpint(fdar_whose_tell(f->whose, &event, &ended), ==, FDAR_WHOSE_NAMESAKE);
	g_assert_cmpuint(ended, ==, 3);
	g_assert_cmpuint(event.pid, !=, 3);
	g_assert_cmpuint(tell(f, first, 0, 3), ==, 3);
}

/* What a home is called, and what is read out of that again. */
static void test_host_texts(void)
{
	static const uint8_t clock[16] = { 0xab }, uuid[16] = { 0xcd };
	static const char zeros[] = "000000000000000000000000000000";
	const struct {
		struct fdar_home_told told;
		const char *text; /* "Z": the zeros of a UUID */
		guint recording;
		int shared; /* length; -1: not of one process */
	} cases[] = {
		{ { .hostname = "a" }, "a", 0, -1 },
		{ { .hostname = "a", .uuid = uuid }, "a", 0, -1 },
		{ { .hostname = "a b#1", .uuid = uuid }, "a_b#1", 0, -1 },
		{ { .hostname = "a", .clock = clock, .uuid = uuid }, "a @abZ", 0, -1 },
		{ { .hostname = "a", .uuid = uuid, .alone = TRUE }, "a cdZ", 0, 1 },
		{ { .hostname = "a", .uuid = uuid, .apart = TRUE }, "a ~cdZ", 0, -1 },
		{ { .hostname = "a", .recording = 12 }, "a #12", 12, -1 },
		{ { .clock = clock, .uuid = uuid }, " cdZ", 0, 0 },
		{ { .uuid = uuid, .recording = 3, .apart = TRUE }, " #3 cdZ", 3, 3 },
		{ { "a", clock, uuid, 2, TRUE, FALSE }, "a @abZ #2 cdZ", 2, 38 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = fdar_home_host(&cases[i].told);
		g_autoptr(GString) wanted = g_string_new(cases[i].text);
		size_t length = 0;
		gboolean shared = fdar_home_shared(text, &length);

		g_string_replace(wanted, "Z", zeros, 0);
		g_assert_cmpstr(text, ==, wanted->str);
		g_assert_cmpuint(fdar_home_recording(text), ==, cases[i].recording);
		g_assert_cmpint(shared ? (int)length : -1, ==, cases[i].shared);
	}
}

/* ---- the load map ---- */

static uint64_t module(struct fixture *f, uint64_t time_ns, uint8_t said, const char *path,
		       const char *build_id)
{
	struct fdar_event event = { .time_ns = time_ns,
				    .kind = FDAR_EVENT_MODULE,
				    .wait = said,
				    .addr = 0x1000,
				    .addr2 = said == FDAR_MODULE_SAID_UNLOADED ? 0 : 0x1000,
				    .data = build_id,
				    .data_len = (uint32_t)strlen(build_id),
				    .name = fdar_texts_id(f->texts, path) };

	fdar_load_map_tell(f->map, &event, 1);
	return event.addr >> FDAR_EVENT_ADDR_BITS;
}

static uint64_t call_at(struct fixture *f, uint64_t time_ns, uint64_t addr)
{
	struct fdar_event event = { .time_ns = time_ns,
				    .kind = FDAR_EVENT_FUNC_ENTRY,
				    .addr = addr };

	fdar_load_map_tell(f->map, &event, 1);
	g_assert_cmphex(event.addr & 0xffff, ==, addr);
	return event.addr >> FDAR_EVENT_ADDR_BITS;
}

static uint64_t call(struct fixture *f, uint64_t time_ns)
{
	return call_at(f, time_ns, 0x1800);
}

static void test_load_map(struct fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_cmpuint(module(f, 10, FDAR_MODULE_SAID_LOADED, "/p1.so", ""), ==, 0);
	g_assert_cmpuint(call(f, 11), ==, 0);
	module(f, 20, FDAR_MODULE_SAID_UNLOADED, "", "");
	g_assert_cmpuint(module(f, 30, FDAR_MODULE_SAID_LOADED, "/p2.so", "22"), ==, 1);
	g_assert_cmpuint(call(f, 31), ==, 1);
	/* Told late; while it was loaded; of nobody's. */
	g_assert_cmpuint(call(f, 12), ==, 0);
	g_assert_cmpuint(call(f, 29), ==, 1);
	g_assert_cmpuint(call_at(f, 29, 0x5000), ==, 0);
	/* The first one again has what it had. dlclose alone unloads nothing. */
	module(f, 40, FDAR_MODULE_SAID_CLOSED, "", "");
	g_assert_cmpuint(call(f, 41), ==, 1);
	module(f, 50, FDAR_MODULE_SAID_UNLOADED, "", "");
	g_assert_cmpuint(module(f, 60, FDAR_MODULE_SAID_LOADED, "/p1.so", ""), ==, 0);
	g_assert_cmpuint(call(f, 61), ==, 0);
	g_assert_cmpuint(call(f, 31), ==, 1);
	g_assert_cmpuint(call(f, 11), ==, 0);
	/* Another one lies there: it was unloaded without a word. */
	g_assert_cmpuint(module(f, 70, FDAR_MODULE_SAID_LISTED, "/p3.so", ""), ==, 2);
	g_assert_cmpuint(call(f, 71), ==, 2);
	g_assert_cmpuint(call(f, 69), ==, 0);
}

/* What a module does while it is loaded is told before it is. */
static void test_load_map_early(struct fixture *f, gconstpointer data)
{
	(void)data;
	module(f, 10, FDAR_MODULE_SAID_LOADED, "/p1.so", "");
	module(f, 20, FDAR_MODULE_SAID_UNLOADED, "", "");
	g_assert_cmpuint(call(f, 25), ==, 1);
	g_assert_cmpuint(call(f, 26), ==, 1);
	g_assert_cmpuint(module(f, 30, FDAR_MODULE_SAID_LOADED, "/p2.so", ""), ==, 1);
	g_assert_cmpuint(call(f, 31), ==, 1);
	g_assert_cmpuint(call(f, 19), ==, 0);
}

/* The file was replaced meanwhile: only its build id tells. */
static void test_load_map_rebuilt(struct fixture *f, gconstpointer data)
{
	(void)data;
	module(f, 10, FDAR_MODULE_SAID_LOADED, "/p.so", "");
	g_assert_cmpuint(module(f, 11, FDAR_MODULE_SAID_LOADED, "/p.so", "aa"), ==, 0);
	module(f, 20, FDAR_MODULE_SAID_UNLOADED, "", "");
	module(f, 30, FDAR_MODULE_SAID_LOADED, "/p.so", "");
	g_assert_cmpuint(module(f, 31, FDAR_MODULE_SAID_LOADED, "/p.so", "bb"), ==, 1);
	g_assert_cmpuint(call(f, 32), ==, 1);
	g_assert_cmpuint(call(f, 15), ==, 0);
}

/* However often: no more than there is room for. */
static void test_load_map_many(struct fixture *f, gconstpointer data)
{
	(void)data;
	for (uint64_t i = 1; i < 2000; i++) {
		g_autofree char *path = g_strdup_printf("/p%u.so", (unsigned)(i % 700));

		g_assert_cmpuint(module(f, 10 * i, FDAR_MODULE_SAID_LOADED, path, ""), <=,
				 FDAR_LOAD_MAP_NUMBERS);
		call(f, 10 * i + 1);
		module(f, 10 * i + 5, FDAR_MODULE_SAID_UNLOADED, "", "");
		call(f, 10 * i + 6);
		call(f, 3);
	}
}

static void check_title(struct fixture *f, const char *host, const char *expected)
{
	g_autofree char *title =
		fdar_homes_title(f->homes, f->texts, fdar_texts_id(f->texts, host));

	g_assert_cmpstr(title, ==, expected);
}

/* What people call a host depends on the homes that there are by then. */
static void test_titles(struct fixture *f, gconstpointer data)
{
	(void)data;
	check_title(f, "web @00112233aa", "web");
	home_of(f, "web @00112233aa", 0);
	home_of(f, "web @00112233aa", 7);
	home_of(f, "db @00112233aa", 0);
	check_title(f, "web @00112233aa", "web");
	check_title(f, "web @44556677aa", "web (boot 44556677)"); /* of no home */
	home_of(f, "web @44556677aa", 0);
	check_title(f, "web @00112233aa", "web (boot 00112233)");
	check_title(f, "web @44556677aa", "web (boot 44556677)");
	check_title(f, "db @00112233aa", "db");
	home_of(f, "db @00112233aa ~99887766aa", 0);
	check_title(f, "db @00112233aa", "db");
	check_title(f, "db @00112233aa ~99887766aa", "db (trace 99887766)");
	home_of(f, "", 0);
	check_title(f, "", "");
}

/* A trace of each process: so many homes. Seconds of a processor, were each compared with each. */
static void test_titles_many(struct fixture *f, gconstpointer data)
{
	clock_t begin = clock();

	(void)data;
	for (unsigned i = 1; i < FDAR_HOMES_MAX; i++) {
		g_autofree char *host = g_strdup_printf("web @00112233aa %032x", i);

		home_of(f, host, 0);
		if (i % 2)
			check_title(f, host, "web");
	}
	g_assert_cmpint((clock() - begin) / CLOCKS_PER_SEC, <, 5);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct fixture *f, gconstpointer data);
	} cases[] = {
		{ "/whose/hosts", test_hosts },
		{ "/whose/namespaces", test_namespaces },
		{ "/whose/namespaces-late", test_namespaces_late },
		{ "/whose/sessions", test_sessions },
		{ "/whose/sessions-exec", test_sessions_exec },
		{ "/whose/lives", test_lives },
		{ "/whose/parents", test_parents },
		{ "/whose/alone", test_alone },
		{ "/whose/titles", test_titles },
		{ "/whose/titles-many", test_titles_many },
		{ "/load-map/turns", test_load_map },
		{ "/load-map/early", test_load_map_early },
		{ "/load-map/rebuilt", test_load_map_rebuilt },
		{ "/load-map/many", test_load_map_many },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/whose/host-texts", test_host_texts);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].name, struct fixture, NULL, set_up, cases[i].run, tear_down);
	return g_test_run();
}
