/* Profiles: what is in them, that they add up, that merging is exact. */
#include "analyze/profile/profile.h"

#include <glib/gstdio.h>

#include "tests/unit/kit/profile_script.h"

static const struct fdar_profile_entry *entry_of(const struct fdar_profile *profile,
						 const struct fdar_profile_group *group,
						 const char *function, const char *below)
{
	for (uint32_t i = 0; i < group->entry_count; i++) {
		const struct fdar_profile_entry *entry = &group->entries[i];
		const char *under = entry->below == FDAR_PROFILE_NONE
					    ? NULL
					    : profile->functions[entry->below].name;

		if (g_strcmp0(profile->functions[entry->function].name, function) == 0 &&
		    g_strcmp0(under, below) == 0)
			return entry;
	}
	g_error("no entry %s %s", function, below ? below : "");
}

/* The node of a path "a>b>c". */
static const struct fdar_profile_node *node_of(const struct fdar_profile *profile,
					       const struct fdar_profile_group *group,
					       const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, ">", -1);
	uint32_t node = 0;

	for (char **name = names; *name; name++) {
		uint32_t child = group->nodes[node].first_child;

		while (child != FDAR_PROFILE_NONE &&
		       g_strcmp0(profile->functions[group->nodes[child].function].name, *name) != 0)
			child = group->nodes[child].next_sibling;
		if (child == FDAR_PROFILE_NONE)
			g_error("no node %s of %s", *name, path);
		g_assert_cmpuint(group->nodes[child].parent, ==, node);
		node = child;
	}
	return &group->nodes[node];
}

/* Own times of nodes and of entries are the group's; sessions' values add up to the same. */
static void check_group(const struct fdar_profile_group *group, gboolean server)
{
	uint64_t nodes_ns = 0, entries_ns = 0, sessions_ns = 0, node_sessions_ns = 0;
	g_autofree uint64_t *widths = fdar_profile_subtree_ns(group);

	for (uint32_t i = 1; i < group->node_count; i++) {
		const struct fdar_profile_stat *stat = &group->nodes[i].stat;

		nodes_ns += stat->own_ns;
		node_sessions_ns += fdar_profile_sessions(stat)->own_ns.sum;
		g_assert_cmpuint(stat->call_ns.count, ==, stat->outer_calls);
		g_assert_cmpuint(stat->call_ns.sum, ==, stat->total_ns);
		g_assert_cmpuint(stat->outer_calls, <=, stat->calls);
		g_assert_cmpuint(stat->wait_ns, <=, stat->total_ns);
		if (!server) {
			g_assert_cmpuint(fdar_profile_sessions(stat)->calls.sum, ==, stat->calls);
			g_assert_cmpuint(fdar_profile_sessions(stat)->total_ns.sum, ==,
					 stat->total_ns);
		}
	}
	for (uint32_t i = 0; i < group->entry_count; i++) {
		entries_ns += group->entries[i].stat.own_ns;
		sessions_ns += fdar_profile_sessions(&group->entries[i].stat)->own_ns.sum;
		g_assert_cmpuint(fdar_profile_sessions(&group->entries[i].stat)->own_ns.count, <=,
				 group->sessions);
	}
	g_assert_cmpuint(nodes_ns, ==, group->own_ns);
	g_assert_cmpuint(entries_ns, ==, group->own_ns);
	g_assert_cmpuint(widths[0], ==, group->own_ns);
	if (server)
		return;
	g_assert_cmpuint(sessions_ns, ==, group->own_ns);
	g_assert_cmpuint(node_sessions_ns, ==, group->own_ns);
	g_assert_cmpuint(group->busy_ns.sum, ==, group->own_ns);
	g_assert_cmpuint(group->busy_ns.count, ==, group->sessions);
	g_assert_cmpuint(group->lifetime_ns.count, ==, group->sessions);
	g_assert_cmpuint(group->finished + group->unfinished + group->replaced, ==,
			 group->sessions);
}

static void check(const struct fdar_profile *profile)
{
	for (uint32_t i = 0; i < profile->group_count; i++)
		check_group(&profile->groups[i], i == 0);
	g_assert_cmpuint(profile->groups[0].sessions, ==, 0);
}

static void test_tree(void)
{
	g_autoptr(fdar_profile) profile = script_profile(
		"A 0 +main 1 wait:ACCEPT:accept 5 w 5 begin:1: 6 +serve 7 +read 8 wait:IO:recv 18 "
		"w "
		"20 -read 21 +run 26 -run 30 -serve 31 end:1 32 wait:ACCEPT:accept 33 w 33 "
		"begin:2: 34 "
		"+serve 35 +run 38 -run 39 -serve 40 end:2 41 wait:ACCEPT:accept 44 w 50 -main");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);

	check(profile);
	g_assert_cmpuint(profile->group_count, ==, 2);
	g_assert_cmpuint(group->sessions, ==, 2);
	g_assert_cmpuint(group->finished, ==, 2);
	const struct fdar_profile_stat *serve = &node_of(profile, group, "main>serve")->stat;
	g_assert_cmpuint(serve->calls, ==, 2);
	g_assert_cmpuint(serve->total_ns, ==, 29);
	g_assert_cmpuint(serve->wait_ns, ==, 10);
	g_assert_cmpuint(serve->own_ns, ==, 8);
	g_assert_cmpuint(serve->call_ns.min, ==, 5);
	g_assert_cmpuint(serve->call_ns.max, ==, 24);
	g_assert_cmpuint(fdar_profile_sessions(serve)->total_ns.max, ==, 24);
	/* The context is there without calls: main is the server's. */
	g_assert_cmpuint(node_of(profile, group, "main")->stat.calls, ==, 0);
	g_assert_cmpuint(node_of(profile, group, "main>serve>read>recv")->stat.own_ns, ==, 10);
	g_assert_cmpuint(node_of(profile, &profile->groups[0], "main")->stat.own_ns, ==, 13);
	g_assert_cmpuint(node_of(profile, &profile->groups[0], "main>accept")->stat.own_ns, ==, 8);
	/* Waits are the entry of the function they are directly below. */
	g_assert_cmpuint(entry_of(profile, group, "read", "recv")->stat.own_ns, ==, 10);
	g_assert_cmpuint(entry_of(profile, group, "read", NULL)->stat.own_ns, ==, 3);
	g_assert_cmpuint(
		fdar_profile_sessions(&entry_of(profile, group, "run", NULL)->stat)->own_ns.count,
		==, 2);
	g_assert_cmpuint(group->busy_ns.max, ==, 24);
	g_assert_cmpuint(group->running_ns.max, ==, 14);
	g_assert_cmpuint(group->lifetime_ns.max, ==, 26);
	g_assert_cmpuint(profile->span_ns, ==, 50);
	g_assert_cmpuint(profile->threads, ==, 1);
	const struct fdar_profile_function *function =
		&profile->functions[node_of(profile, group, "main>serve")->function];
	g_assert_cmpstr(function->component, ==, "demo");
	g_assert_true(function->known);
}

static void test_entry_over_paths(void)
{
	g_autoptr(fdar_profile) profile =
		script_profile("A 0 begin:1: 0 +a 1 +x 3 -x 4 -a 5 +b 6 +x 10 -x 11 -b 12 end:1");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	const struct fdar_profile_stat *x = &entry_of(profile, group, "x", NULL)->stat;

	check(profile);
	g_assert_cmpuint(x->calls, ==, 2);
	g_assert_cmpuint(x->own_ns, ==, 6);
	/* One session: one value. */
	g_assert_cmpuint(fdar_profile_sessions(x)->calls.count, ==, 1);
	g_assert_cmpuint(fdar_profile_sessions(x)->calls.max, ==, 2);
	g_assert_cmpuint(fdar_profile_sessions(x)->own_ns.max, ==, 6);
	g_assert_cmpuint(fdar_profile_sessions(&node_of(profile, group, "a>x")->stat)->own_ns.max,
			 ==, 2);
}

static void test_recursion(void)
{
	g_autoptr(fdar_profile) profile =
		script_profile("A 0 begin:1: 0 +f 1 +g 2 +f 3 +g 4 -g 5 -f 6 -g 8 -f 9 end:1");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	const struct fdar_profile_stat *f = &entry_of(profile, group, "f", NULL)->stat;
	const struct fdar_profile_stat *g = &entry_of(profile, group, "g", NULL)->stat;

	check(profile);
	g_assert_cmpuint(group->node_count, ==, 3);
	g_assert_cmpuint(f->calls, ==, 2);
	g_assert_cmpuint(f->outer_calls, ==, 1);
	g_assert_cmpuint(f->total_ns, ==, 8);
	g_assert_cmpuint(f->own_ns, ==, 5);
	g_assert_cmpuint(g->calls, ==, 2);
	g_assert_cmpuint(g->total_ns, ==, 5);
	g_assert_cmpuint(g->own_ns, ==, 3);
}

static void test_unfinished_and_states(void)
{
	g_autoptr(fdar_profile) profile =
		script_profile("A 0 begin:1: 1 +f 2 wait:IO:recv\nB 0 begin:2: 1 begin:2: 3 +f 4 "
			       "-f\nC 20 other:x");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);

	check(profile);
	g_assert_cmpuint(group->sessions, ==, 3);
	g_assert_cmpuint(group->unfinished, ==, 2);
	g_assert_cmpuint(group->replaced, ==, 1);
	g_assert_cmpuint(entry_of(profile, group, "f", "recv")->stat.unfinished, ==, 1);
	g_assert_cmpuint(entry_of(profile, group, "f", "recv")->stat.own_ns, ==, 18);
	g_assert_cmpuint(entry_of(profile, group, "f", NULL)->stat.unfinished, ==, 1);
}

static void test_queues(void)
{
	g_autoptr(fdar_profile) profile = script_profile(
		"A 0 begin:1: 1 put:1:jobs 5 put:7:jobs\nB 4 take:1:jobs 5 +f 6 -f 7 end:1 "
		"8 take:9:jobs 10 other:x");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);

	check(profile);
	g_assert_cmpuint(entry_of(profile, group, "jobs", NULL)->stat.own_ns, ==, 3);
	g_assert_cmpuint(group->busy_ns.sum, ==, 4);
	g_assert_cmpuint(group->running_ns.sum, ==, 1);
	const struct fdar_profile_stat *left =
		&entry_of(profile, &profile->groups[0], "jobs", NULL)->stat;
	g_assert_cmpuint(left->calls, ==, 1);
	g_assert_cmpuint(left->unfinished, ==, 1);
	g_assert_cmpuint(left->own_ns, ==, 5);
}

static void test_scopes_and_bare_waits(void)
{
	g_autoptr(fdar_profile) profile = script_profile(
		"A 0 begin:1: 1 {request 2 wait:OTHER:dns 3 wait:IO:recv 5 w 6 w 7 }request 8 "
		"wait:IO:send 9 w 10 end:1");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	const struct fdar_profile_entry *request = entry_of(profile, group, "request", NULL);

	check(profile);
	/* The program of the modules. */
	g_assert_cmpstr(profile->functions[request->function].component, ==, "demo");
	g_assert_cmpuint(profile->functions[request->function].kind, ==, FDAR_FRAME_SCOPE);
	/* A wait inside a wait belongs to the scope as well. */
	g_assert_cmpuint(entry_of(profile, group, "request", "recv")->stat.own_ns, ==, 2);
	g_assert_cmpuint(entry_of(profile, group, "request", "dns")->stat.own_ns, ==, 2);
	/* Nothing around it. */
	g_assert_cmpuint(entry_of(profile, group, "send", "send")->stat.own_ns, ==, 1);
}

static void test_labels(void)
{
	g_autoptr(fdar_profile) profile = script_profile(
		"A 0 begin:1:good 1 +f 2 -f 3 end:1 4 begin:2:bad 5 +f 9 -f 10 end:2\n"
		"B 4 begin:3: 5 +g 6 -g");
	g_autoptr(fdar_profile) flat = fdar_profile_flatten(profile);
	g_autoptr(fdar_profile) good = fdar_profile_of_label(profile, "good");

	check(profile);
	check(flat);
	check(good);
	g_assert_cmpuint(fdar_profile_group(good, FDAR_PROFILE_ALL)->sessions, ==, 1);
	g_assert_cmpuint(fdar_profile_group(good, FDAR_PROFILE_ALL)->own_ns, ==, 1);
	g_assert_cmpuint(profile->group_count, ==, 4);
	g_assert_cmpuint(fdar_profile_group(profile, "good")->own_ns, ==, 1);
	g_assert_cmpuint(fdar_profile_group(profile, "bad")->own_ns, ==, 4);
	g_assert_null(fdar_profile_group(profile, "ugly"));
	g_assert_null(fdar_profile_group(profile, FDAR_PROFILE_SERVER));
	g_assert_cmpuint(flat->group_count, ==, 2);
	g_assert_cmpuint(fdar_profile_group(flat, FDAR_PROFILE_ALL)->sessions, ==, 3);
	g_assert_cmpuint(fdar_profile_group(flat, FDAR_PROFILE_ALL)->own_ns, ==, 6);
	g_assert_false(fdar_profile_equal(profile, flat));
}

/* Modules are told after the first functions: named in the end, and one function all the same. */
static void test_late_symbols(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-profile-XXXXXX", NULL);
	g_autofree char *table = g_build_filename(dir, "de.txt", NULL);
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(dir);
	g_autoptr(script_auto) script =
		script_new("A 0 begin:1: 1 +f 2 -f 3 end:1\n2B 4 begin:1: 5 +f 8 -f 9 end:1");
	struct fdar_profile_source source = {
		.symbols = symbols, .text = script_name, .texts = script, .lines = TRUE
	};
	g_autoptr(fdar_profile_builder) builder = fdar_profile_builder_new(&source);

	fdar_walk_feed(fdar_profile_builder_walk(builder), script_events(script),
		       script->events->len);
	script_add_symbols(script, symbols, &script_demo, table);
	g_autoptr(fdar_profile) profile = fdar_profile_builder_finish(builder);
	check(profile);
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	g_assert_cmpuint(group->entry_count, ==, 1);
	g_assert_cmpuint(group->unknown_ns, ==, 0);
	g_assert_cmpuint(entry_of(profile, group, "f", NULL)->stat.calls, ==, 2);
	g_assert_cmpuint(
		fdar_profile_sessions(&entry_of(profile, group, "f", NULL)->stat)->own_ns.count, ==,
		2);
	g_assert_cmpint(g_remove(table), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

static void test_no_symbols(void)
{
	g_autoptr(script_auto) script = script_new("A 0 begin:1: 1 +f 3 -f 4 {s 5 }s");
	struct fdar_profile_source source = { .text = script_name, .texts = script };
	g_autoptr(fdar_profile_builder) builder = fdar_profile_builder_new(&source);

	fdar_walk_feed(fdar_profile_builder_walk(builder), script_events(script),
		       script->events->len);
	g_autoptr(fdar_profile) profile = fdar_profile_builder_finish(builder);
	check(profile);
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	g_assert_cmpuint(group->unknown_ns, ==, 2);
	g_assert_cmpuint(entry_of(profile, group, "0x1000", NULL)->stat.calls, ==, 1);
	g_assert_cmpuint(entry_of(profile, group, "s", NULL)->stat.calls, ==, 1);
}

static void on_session(void *user, const struct fdar_profile_session *session)
{
	GString *text = user;

	g_string_append_printf(text,
			       "%s calls=%" G_GUINT64_FORMAT " busy=%" G_GUINT64_FORMAT
			       " running=%" G_GUINT64_FORMAT " waits=%" G_GUINT64_FORMAT
			       " preempted=%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT
			       " %s/%s %" G_GUINT64_FORMAT "\n",
			       session->label, session->calls, session->busy_ns,
			       session->running_ns, session->waits, session->preemptions,
			       session->preempted_ns, session->function ? session->function : "-",
			       session->below ? session->below : "-", session->function_ns);
}

static void test_sessions_are_told(void)
{
	g_autoptr(GString) told = g_string_new(NULL);
	g_autoptr(script_auto) script = script_new(
		"A 0 begin:1:x 1 {s 2 wait:IO:recv 6 w 8 }s 9 end:1 10 begin:2:y 11 end:2 "
		"20 begin:3:z 21 {s 25 cpu:1:2 26 wait:IO:recv 27 w 40 cpu:2:8 45 cpu:1:3 46 }s 47 "
		"end:3");
	struct fdar_profile_source source = { .text = script_name,
					      .texts = script,
					      .label = script_label,
					      .session = on_session,
					      .user = told };
	g_autoptr(fdar_profile_builder) builder = fdar_profile_builder_new(&source);

	fdar_walk_feed(fdar_profile_builder_walk(builder), script_events(script),
		       script->events->len);
	g_autoptr(fdar_profile) profile = fdar_profile_builder_finish(builder);
	check(profile);
	g_assert_cmpstr(told->str, ==,
			"x calls=2 busy=7 running=3 waits=1 preempted=0/0 s/recv 4\n"
			"y calls=0 busy=0 running=0 waits=0 preempted=0/0 -/- 0\n"
			"z calls=5 busy=25 running=11 waits=2 preempted=2/5 s/- 11\n");
}

/* A session's events; each on a thread of its own, so that pieces can be cut by session. */
static void add_session_line(GRand *rand, int session, GString *text)
{
	static const char *const words[] = { "+f", "+g",           "+h", "-f", "-g", "-h",
					     "-",  "wait:IO:recv", "w",  "{s", "}s" };
	int now = g_rand_int_range(rand, 1, 1000);

	g_string_append_printf(text, "%dA %d begin:%d:%s", session + 1, now, session,
			       session % 3 ? "good" : "bad");
	for (int i = 0; i < 60; i++) {
		now += g_rand_int_range(rand, 0, 1000);
		g_string_append_printf(text, " %d %s", now,
				       words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
	}
	for (int i = 0; i < 60; i++)
		g_string_append_printf(text, " %d - %d }s %d w", now, now, now);
	g_string_append_printf(text, " %d end:%d\n", now, session);
}

static uint64_t series_sum(const struct fdar_profile_series *series)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < FDAR_PROFILE_BLOCKS; i++)
		sum += series->at[i];
	return sum;
}

/* Sessions an hour apart, and later ones close together: blocks get coarser, nothing is lost. */
static void test_blocks(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const uint64_t begin[] = {
		1000000, 1000500, 1003000, 1900000, 3600000000000, 3600000000100
	};

	for (int i = 0; i < 6; i++)
		g_string_append_printf(text,
				       "%dA %" G_GUINT64_FORMAT " begin:%d: %" G_GUINT64_FORMAT
				       " +f %" G_GUINT64_FORMAT " -f %" G_GUINT64_FORMAT
				       " end:%d\n",
				       i + 1, begin[i], i + 1, begin[i],
				       begin[i] + 10 * ((guint)i + 1), begin[i] + 100, i + 1);
	g_autoptr(fdar_profile) profile = script_profile(text->str);
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	const struct fdar_profile_entry *entry = entry_of(profile, group, "f", NULL);

	g_assert_true(group->grid.used);
	g_assert_cmpuint(group->grid.begin_ns, ==, begin[0]);
	g_assert_cmpuint(group->grid.end_ns, ==, begin[5]);
	g_assert_cmpuint(group->block_sessions.at[0], ==, 4);
	g_assert_cmpuint(group->block_sessions.at[(begin[5] >> group->grid.shift)], ==, 2);
	g_assert_cmpuint(entry->block_own_ns.at[0], ==, 10 + 20 + 30 + 40);
	g_assert_cmpuint(series_sum(&entry->block_own_ns), ==, entry->stat.own_ns);
	g_assert_cmpuint(series_sum(&entry->block_calls), ==, 6);
	g_assert_cmpuint(series_sum(&group->block_busy_ns), ==, group->busy_ns.sum);
	g_assert_cmpuint(series_sum(&group->block_running_ns), ==, group->running_ns.sum);
}

/* Who reads and writes: the innermost function, on descriptors of sessions only. */
static void test_io(void)
{
	g_autoptr(fdar_profile) profile = script_profile(
		"A 0 +loop 5 begin:1::7 10 +handle 11 +fill 12 io:READ:7:100 13 io:READ:7:-11 14 "
		"-fill "
		"20 io:WRITE:7:30 21 io:WRITE:9:55 22 io:CLOSE:7:0 30 -handle 31 end:1 40 -loop");
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	const struct fdar_profile_entry *fill = entry_of(profile, group, "fill", NULL);
	const struct fdar_profile_entry *handle = entry_of(profile, group, "handle", NULL);

	g_assert_cmpuint(group->io_calls, ==, 3);
	g_assert_cmpuint(fill->stat.io_calls, ==, 2);
	g_assert_cmpuint(fill->stat.io_bytes, ==, 100);
	g_assert_cmpuint(handle->stat.io_calls, ==, 1);
	g_assert_cmpuint(handle->stat.io_bytes, ==, 30);
}

static void test_merge_is_exact(void)
{
	for (uint32_t seed = 0; seed < 20; seed++) {
		GRand *rand = g_rand_new_with_seed(seed);
		g_autoptr(GString) whole_text = g_string_new(NULL);
		GString *text[3];
		g_autoptr(fdar_profile) forth = fdar_profile_new();
		g_autoptr(fdar_profile) back = fdar_profile_new();
		struct fdar_profile *piece[3];

		for (int i = 0; i < 3; i++)
			text[i] = g_string_new(NULL);
		for (int session = 0; session < 12; session++) {
			GString *to = text[g_rand_int_range(rand, 0, 3)];
			gsize from = to->len;

			add_session_line(rand, session, to);
			g_string_append(whole_text, to->str + from);
		}
		g_autoptr(fdar_profile) whole = script_profile(whole_text->str);
		for (int i = 0; i < 3; i++)
			piece[i] = script_profile(text[i]->str);
		for (int i = 0; i < 3; i++) {
			fdar_profile_merge(forth, piece[i]);
			fdar_profile_merge(back, piece[2 - i]);
		}
		check(whole);
		check(forth);
		g_assert_true(fdar_profile_equal(whole, forth));
		g_assert_true(fdar_profile_equal(back, whole));
		fdar_profile_merge(back, piece[0]);
		g_assert_false(fdar_profile_equal(back, whole));
		for (int i = 0; i < 3; i++) {
			fdar_profile_free(piece[i]);
			g_string_free(text[i], TRUE);
		}
		g_rand_free(rand);
	}
}

/* A random script of three threads. The caller frees it. */
static char *random_script(uint32_t seed, const char *const *words, guint count)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	g_autoptr(GString) text = g_string_new(NULL);

	for (char letter = 'A'; letter < 'D'; letter++) {
		int now = 0;

		g_string_append_c(text, letter);
		for (int i = 0; i < 150; i++) {
			now += g_rand_int_range(rand, 0, 4);
			g_string_append_printf(text, " %d %s", now,
					       words[g_rand_int_range(rand, 0, (gint32)count)]);
		}
		g_string_append_c(text, '\n');
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Own times of everything are the time that threads spent in frames, and in queues. */
static void test_random_adds_up(void)
{
	static const char *const words[] = { "+f",          "+g",        "-f",        "-g",
					     "-",           "w",         "wait:IO:r", "wait:POLL:p",
					     "wait:COND:c", "begin:1:a", "begin:2:b", "resume:1",
					     "suspend:1",   "end:1",     "end:2",     "put:1:q",
					     "take:1:q" };

	for (uint32_t seed = 0; seed < 100; seed++) {
		g_autofree char *text = random_script(seed, words, G_N_ELEMENTS(words));
		g_autoptr(fdar_profile) profile = script_profile(text);

		check(profile);
	}
}

/* A call that is told as one event is the same as its entry and its exit. */
static void test_joined_calls(void)
{
	static const char *const words[] = { "+f",       "+g",        "+g",        "-",
					     "-",        "w",         "wait:IO:r", "begin:1:",
					     "resume:1", "suspend:1", "end:1",     "-f",
					     "+h",       "-h",        "skip:2:1" };
	static const char *const fold[] = { "g", NULL };

	for (uint32_t seed = 0; seed < 200; seed++) {
		g_autofree char *text = random_script(seed, words, G_N_ELEMENTS(words));

		for (int folded = 0; folded < 2; folded++) {
			g_autoptr(fdar_profile) apart =
				script_profile_of(text, FDAR_UNIT_SESSION, folded ? fold : NULL,
						  FALSE);
			g_autoptr(fdar_profile) joined =
				script_profile_of(text, FDAR_UNIT_SESSION, folded ? fold : NULL,
						  TRUE);

			g_assert_true(fdar_profile_equal(apart, joined));
			g_assert_cmpuint(apart->losses.events, ==, joined->losses.events);
			g_assert_cmpuint(apart->end_ns, ==, joined->end_ns);
		}
	}
}

/* Calls of a to e at random, nested, with waits in them. */
static void add_calls(GString *text, uint32_t count, uint32_t *now)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(16);
	char open[6];
	uint32_t depth = 0;

	for (uint32_t i = 0; i < count || depth; i++) {
		*now += (uint32_t)g_rand_int_range(random, 0, 300);
		if (depth && (depth == sizeof(open) || i >= count || g_rand_boolean(random))) {
			g_string_append_printf(text, " %u -%c", *now, open[--depth]);
			continue;
		}
		if (g_rand_int_range(random, 0, 20) == 0) {
			g_string_append_printf(text, " %u wait:LOCK:lock %u w", *now, *now + 7);
			*now += 7;
		}
		open[depth++] = (char)g_rand_int_range(random, 'a', 'f');
		g_string_append_printf(text, " %u +%c", *now, open[depth - 1]);
	}
}

/* What is summed up until its owner is known is what it had been, had it been known from the start. */
static void test_deferred(void)
{
	g_autoptr(GString) early = g_string_new("A 0 begin:1:all"), late = g_string_new("A");
	uint32_t now = 1, again = 1;

	add_calls(early, 100000, &now);
	add_calls(late, 100000, &again);
	g_string_append_printf(late, " %u begin:1:all", again);
	g_autoptr(fdar_profile) first = script_profile(early->str),
				second = script_profile(late->str);
	const struct fdar_profile_group *a = fdar_profile_group(first, "all");
	const struct fdar_profile_group *b = fdar_profile_group(second, "all");

	g_assert_cmpuint(a->own_ns, ==, b->own_ns);
	g_assert_cmpuint(a->running_ns.sum, ==, b->running_ns.sum);
	g_assert_cmpuint(a->node_count, ==, b->node_count);
	g_assert_cmpuint(second->losses.over, ==, 0);
	for (uint32_t i = 1; i < a->node_count; i++) {
		const struct fdar_profile_stat *x = &a->nodes[i].stat, *y = &b->nodes[i].stat;

		g_assert_cmpstr(first->functions[a->nodes[i].function].name, ==,
				second->functions[b->nodes[i].function].name);
		g_assert_cmpuint(x->calls, ==, y->calls);
		g_assert_cmpuint(x->outer_calls, ==, y->outer_calls);
		g_assert_cmpuint(x->own_ns, ==, y->own_ns);
		g_assert_cmpuint(x->total_ns, ==, y->total_ns);
		g_assert_cmpuint(x->wait_ns, ==, y->wait_ns);
		g_assert_true(fdar_histogram_equal(&x->call_ns, &y->call_ns));
		g_assert_true(fdar_histogram_equal(&fdar_profile_sessions(x)->own_ns,
						   &fdar_profile_sessions(y)->own_ns));
		g_assert_true(fdar_histogram_equal(&fdar_profile_sessions(x)->calls,
						   &fdar_profile_sessions(y)->calls));
	}
}

static void test_skipped(void)
{
	g_autoptr(fdar_profile) profile = script_profile(
		"A 0 begin:1: 1 +f 2 skip:5:1 3 +g 4 skip:2:1 5 -g 9 -f 10 end:1 11 +f 12 skip:1:1 "
		"13 -f 14 lost:3");
	g_autoptr(fdar_profile) twice = fdar_profile_new();
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);

	check(profile);
	g_assert_cmpuint(entry_of(profile, group, "f", NULL)->stat.skipped_calls, ==, 5);
	g_assert_cmpuint(entry_of(profile, group, "f", NULL)->stat.own_ns, ==, 6);
	g_assert_cmpuint(node_of(profile, group, "f>g")->stat.skipped_ns, ==, 1);
	g_assert_cmpuint(node_of(profile, &profile->groups[0], "f")->stat.skipped_calls, ==, 1);
	g_assert_cmpuint(profile->losses.skipped_calls, ==, 8);
	g_assert_cmpuint(profile->losses.skipped_ns, ==, 3);
	g_assert_cmpuint(profile->losses.lost_calls, ==, 3);
	fdar_profile_merge(twice, profile);
	fdar_profile_merge(twice, profile);
	group = fdar_profile_group(twice, FDAR_PROFILE_ALL);
	g_assert_cmpuint(entry_of(twice, group, "f", NULL)->stat.skipped_calls, ==, 10);
	g_assert_cmpuint(twice->losses.skipped_calls, ==, 16);
	g_assert_false(fdar_profile_equal(twice, profile));
}

static const struct fdar_profile_function *function_of(const struct fdar_profile *profile,
						       const char *name)
{
	for (uint32_t i = 0; i < profile->function_count; i++)
		if (g_strcmp0(profile->functions[i].name, name) == 0)
			return &profile->functions[i];
	g_error("no function %s", name);
}

/* Functions that were off are known, even those that were never called. */
static void test_switched(void)
{
	g_autoptr(fdar_profile) profile =
		script_profile("A 0 off:never 1 +f 2 -f 3 off:f 5 on:f 6 +f 7 -f 8 +g 9 -g");
	g_autoptr(fdar_profile) flat = fdar_profile_flatten(profile);

	check(profile);
	g_assert_true(function_of(flat, "f")->off);
	g_assert_cmpuint(function_of(flat, "f")->off_reason, ==, FDAR_SWITCH_BUDGET);
	g_assert_true(function_of(flat, "never")->off);
	g_assert_false(function_of(flat, "g")->off);
}

/* Folded functions are as if they had never been recorded. */
static void test_folded(void)
{
	static const char with[] =
		"A 0 +main 0 wait:ACCEPT:a 1 w 1 begin:1: 2 +serve 3 +h 4 +h 5 +run 7 -run 8 -h 9 "
		"wait:IO:r 12 w 13 -h 20 -serve 21 end:1 22 +h 23 -h 24 -main "
		"30 +h 34 -h";
	static const char without[] =
		"A 0 +main 0 wait:ACCEPT:a 1 w 1 begin:1: 2 +serve 5 +run 7 -run 9 wait:IO:r 12 w "
		"20 -serve 21 end:1 24 -main";
	static const char *const folded[] = { "h", NULL };
	g_autoptr(fdar_profile) profile = script_profile_as(with, FDAR_UNIT_SESSION, folded);
	g_autoptr(fdar_profile) referee = script_profile(without);
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	const struct fdar_profile_group *other = fdar_profile_group(referee, FDAR_PROFILE_ALL);

	check(profile);
	g_assert_cmpuint(group->own_ns, ==, other->own_ns);
	g_assert_cmpuint(group->node_count, ==, other->node_count);
	g_assert_cmpuint(group->entry_count, ==, other->entry_count);
	for (uint32_t i = 0; i < other->entry_count; i++) {
		const struct fdar_profile_entry *theirs = &other->entries[i];
		const char *below = theirs->below == FDAR_PROFILE_NONE
					    ? NULL
					    : referee->functions[theirs->below].name;
		const struct fdar_profile_stat *stat =
			&entry_of(profile, group, referee->functions[theirs->function].name, below)
				 ->stat;

		g_assert_cmpuint(stat->calls, ==, theirs->stat.calls);
		g_assert_cmpuint(stat->own_ns, ==, theirs->stat.own_ns);
		g_assert_cmpuint(stat->total_ns, ==, theirs->stat.total_ns);
		g_assert_true(fdar_histogram_equal(&fdar_profile_sessions(stat)->own_ns,
						   &fdar_profile_sessions(&theirs->stat)->own_ns));
	}
	/* With nothing around it that is told, it is not lost either. */
	g_assert_cmpuint(node_of(profile, &profile->groups[0], "main")->stat.own_ns, ==, 5);
	g_assert_cmpuint(profile->groups[0].own_ns, ==, 5 + 4 + 1);
}

static void test_requests(void)
{
	static const char text[] =
		"A 0 begin:1: 1 req:0:a 2 +f 5 -f 6 done:0:0 7 req:0:b 8 +f 9 -f "
		"10 done:0:0 11 +f 18 -f 19 end:1";
	g_autoptr(fdar_profile) sessions = script_profile(text);
	g_autoptr(fdar_profile) requests = script_profile_as(text, FDAR_UNIT_REQUEST, NULL);
	const struct fdar_profile_group *group = fdar_profile_group(sessions, FDAR_PROFILE_ALL);

	check(sessions);
	check(requests);
	g_assert_cmpuint(group->sessions, ==, 1);
	g_assert_cmpuint(group->requests, ==, 2);
	group = fdar_profile_group(requests, FDAR_PROFILE_ALL);
	g_assert_cmpint(requests->unit, ==, FDAR_UNIT_REQUEST);
	g_assert_cmpuint(group->sessions, ==, 2);
	g_assert_cmpuint(group->finished, ==, 2);
	g_assert_cmpuint(group->busy_ns.min, ==, 1);
	g_assert_cmpuint(group->busy_ns.max, ==, 3);
	g_assert_cmpuint(requests->groups[0].own_ns, ==, 7);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile/tree", test_tree);
	g_test_add_func("/profile/entry-over-paths", test_entry_over_paths);
	g_test_add_func("/profile/recursion", test_recursion);
	g_test_add_func("/profile/unfinished", test_unfinished_and_states);
	g_test_add_func("/profile/queues", test_queues);
	g_test_add_func("/profile/scopes-and-waits", test_scopes_and_bare_waits);
	g_test_add_func("/profile/labels", test_labels);
	g_test_add_func("/profile/late-symbols", test_late_symbols);
	g_test_add_func("/profile/no-symbols", test_no_symbols);
	g_test_add_func("/profile/sessions", test_sessions_are_told);
	g_test_add_func("/profile/blocks", test_blocks);
	g_test_add_func("/profile/io", test_io);
	g_test_add_func("/profile/merge", test_merge_is_exact);
	g_test_add_func("/profile/random", test_random_adds_up);
	g_test_add_func("/profile/joined-calls", test_joined_calls);
	g_test_add_func("/profile/deferred", test_deferred);
	g_test_add_func("/profile/skipped", test_skipped);
	g_test_add_func("/profile/switched", test_switched);
	g_test_add_func("/profile/folded", test_folded);
	g_test_add_func("/profile/requests", test_requests);
	return g_test_run();
}
