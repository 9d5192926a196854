/* The plan: when each session of each clone and round starts. */
#include <glib.h>
#include <string.h>

#include "replay/play/plan.h"

#define SECOND ((uint64_t)1000000000)

/* Scripts of sessions that start at the given times, each by a client host of its own number. */
struct made {
	struct fdar_scripts scripts;
	struct fdar_session sessions[8];
	struct fdar_script script[8];
	uint32_t order[8];
};

static struct made *make(const uint64_t *starts, const uint32_t *hosts, size_t count,
			 uint64_t duration_ns)
{
	struct made *made = g_new0(struct made, 1);

	for (size_t i = 0; i < count; i++) {
		made->sessions[i].id = (uint32_t)i;
		made->sessions[i].start_ns = starts[i];
		made->script[i].session = &made->sessions[i];
		made->script[i].host = hosts ? hosts[i] : 0;
		made->scripts.hosts = MAX(made->scripts.hosts, made->script[i].host + 1);
		made->order[i] = (uint32_t)i;
	}
	made->scripts.scripts = made->script;
	made->scripts.order = made->order;
	made->scripts.count = count;
	made->scripts.fit = count;
	made->scripts.duration_ns = duration_ns;
	return made;
}

static const struct fdar_plan_options as_captured = { .speed = 1 };

static void expect(struct fdar_plan *plan, uint64_t due_ns, uint32_t session, uint32_t clone,
		   uint32_t round)
{
	struct fdar_start start;

	g_assert_true(fdar_plan_next(plan, &start));
	g_assert_cmpuint(start.due_ns, ==, due_ns);
	g_assert_cmpuint(start.script->session->id, ==, session);
	g_assert_cmpuint(start.clone, ==, clone);
	g_assert_cmpuint(start.round, ==, round);
}

static void expect_end(struct fdar_plan *plan)
{
	struct fdar_start start;

	g_assert_false(fdar_plan_next(plan, &start));
	g_assert_false(fdar_plan_next(plan, &start));
	fdar_plan_free(plan);
}

static void test_rounds(void)
{
	static const uint64_t starts[] = { 0, 3 * SECOND };
	g_autofree struct made *made = make(starts, NULL, 2, 10 * SECOND);
	struct fdar_plan_input input = { &made->scripts, 2, 2 };
	struct fdar_plan_options options = as_captured;
	struct fdar_plan *plan;

	options.speed = 2;
	plan = fdar_plan_new(&input, 1, &options);
	g_assert_cmpuint(fdar_plan_asked(plan, 0), ==, 8);
	g_assert_cmpuint(fdar_plan_length_ns(plan), ==, 10 * SECOND);
	expect(plan, 0, 0, 0, 0);
	expect(plan, 0, 0, 1, 0);
	expect(plan, 3 * SECOND / 2, 1, 0, 0);
	expect(plan, 3 * SECOND / 2, 1, 1, 0);
	expect(plan, 5 * SECOND, 0, 0, 1);
	expect(plan, 5 * SECOND, 0, 1, 1);
	expect(plan, 13 * SECOND / 2, 1, 0, 1);
	expect(plan, 13 * SECOND / 2, 1, 1, 1);
	expect_end(plan);
}

static void test_uniform(void)
{
	static const uint64_t starts[] = { 0 };
	g_autofree struct made *made = make(starts, NULL, 1, 8 * SECOND);
	struct fdar_plan_input input = { &made->scripts, 4, 1 };
	struct fdar_plan_options options = as_captured;
	struct fdar_plan *plan;

	options.phase = FDAR_PHASE_UNIFORM;
	plan = fdar_plan_new(&input, 1, &options);
	for (uint32_t clone = 0; clone < 4; clone++)
		expect(plan, 2 * SECOND * clone, 0, clone, 0);
	expect_end(plan);
}

static uint64_t hash_of_starts(uint32_t seed)
{
	static const uint64_t starts[] = { 0, SECOND };
	g_autofree struct made *made = make(starts, NULL, 2, 8 * SECOND);
	struct fdar_plan_input input = { &made->scripts, 50, 3 };
	struct fdar_plan_options options = as_captured;
	struct fdar_plan *plan;
	struct fdar_start start;
	uint64_t hash = 0;
	uint64_t last = 0;
	unsigned count = 0;

	options.phase = FDAR_PHASE_RANDOM;
	options.seed = seed;
	plan = fdar_plan_new(&input, 1, &options);
	while (fdar_plan_next(plan, &start)) {
		g_assert_cmpuint(start.due_ns, >=, last);
		last = start.due_ns;
		hash = hash * 31 + start.due_ns;
		count++;
	}
	g_assert_cmpuint(count, ==, 300);
	fdar_plan_free(plan);
	return hash;
}

static void test_random(void)
{
	g_assert_true(hash_of_starts(5) == hash_of_starts(5));
	g_assert_true(hash_of_starts(5) != hash_of_starts(6));
}

static void test_rate(void)
{
	static const uint64_t starts[] = { 0, 3 * SECOND };
	g_autofree struct made *made = make(starts, NULL, 2, 10 * SECOND);
	struct fdar_plan_input input = { &made->scripts, 1, 2 };
	struct fdar_plan_options options = as_captured;
	struct fdar_plan *plan;

	options.rate = 4;
	plan = fdar_plan_new(&input, 1, &options);
	g_assert_cmpuint(fdar_plan_length_ns(plan), ==, 0);
	for (unsigned i = 0; i < 4; i++)
		expect(plan, i * SECOND / 4, i % 2, 0, i / 2);
	expect_end(plan);
}

/* Two captures, mixed in time. */
static void test_mix(void)
{
	static const uint64_t slow[] = { 0, 4 * SECOND };
	static const uint64_t fast[] = { SECOND };
	g_autofree struct made *a = make(slow, NULL, 2, 5 * SECOND);
	g_autofree struct made *b = make(fast, NULL, 1, 2 * SECOND);
	struct fdar_plan_input inputs[] = { { &a->scripts, 1, 1 }, { &b->scripts, 1, 3 } };
	struct fdar_plan *plan = fdar_plan_new(inputs, 2, &as_captured);
	struct fdar_start start;

	g_assert_cmpuint(fdar_plan_asked(plan, 0), ==, 2);
	g_assert_cmpuint(fdar_plan_asked(plan, 1), ==, 3);
	expect(plan, 0, 0, 0, 0);
	expect(plan, SECOND, 0, 0, 0);
	expect(plan, 3 * SECOND, 0, 0, 1);
	g_assert_true(fdar_plan_next(plan, &start));
	g_assert_cmpuint(start.due_ns, ==, 4 * SECOND);
	g_assert_cmpuint(start.input, ==, 0);
	expect(plan, 5 * SECOND, 0, 0, 2);
	expect_end(plan);
}

/* Every client host of every clone and round is another client; sessions of one host are not. */
static void test_clients(void)
{
	static const uint64_t starts[] = { 0, 1, 2 };
	static const uint32_t hosts[] = { 0, 1, 0 };
	g_autofree struct made *a = make(starts, hosts, 3, 10);
	g_autofree struct made *b = make(starts, NULL, 2, 10);
	struct fdar_plan_input inputs[] = { { &a->scripts, 3, 2 }, { &b->scripts, 5, 2 } };
	struct fdar_plan *plan = fdar_plan_new(inputs, 2, &as_captured);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	struct fdar_start start;

	while (fdar_plan_next(plan, &start)) {
		gpointer key = GUINT_TO_POINTER(start.client + 1);
		guint who = 1 + start.input + 2 * start.clone + 100 * start.round +
			    1000 * start.script->host;
		gpointer before = g_hash_table_lookup(seen, key);

		g_assert_true(!before || GPOINTER_TO_UINT(before) == who);
		g_hash_table_insert(seen, key, GUINT_TO_POINTER(who));
	}
	g_assert_cmpuint(g_hash_table_size(seen), ==, 2 * (3 * 2 + 5));
	fdar_plan_free(plan);
}

/* Far beyond what a run will see: ordered, no overflow. */
static void test_endless(void)
{
	static const uint64_t starts[] = { 0 };
	g_autofree struct made *made = make(starts, NULL, 1, (uint64_t)1 << 60);
	struct fdar_plan_input input = { &made->scripts, 1, 0 };
	struct fdar_plan_options options = as_captured;
	struct fdar_plan *plan;
	struct fdar_start start;
	uint64_t last = 0;

	options.speed = 0.001;
	plan = fdar_plan_new(&input, 1, &options);
	g_assert_cmpuint(fdar_plan_asked(plan, 0), ==, 0);
	for (unsigned i = 0; i < 100; i++) {
		g_assert_true(fdar_plan_next(plan, &start));
		g_assert_cmpuint(start.due_ns, >=, last);
		last = start.due_ns;
	}
	fdar_plan_free(plan);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/rounds", test_rounds);
	g_test_add_func("/plan/uniform", test_uniform);
	g_test_add_func("/plan/random", test_random);
	g_test_add_func("/plan/rate", test_rate);
	g_test_add_func("/plan/mix", test_mix);
	g_test_add_func("/plan/clients", test_clients);
	g_test_add_func("/plan/endless", test_endless);
	return g_test_run();
}
