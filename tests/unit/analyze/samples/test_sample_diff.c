/* Which function sampled sessions spend more time in: named where it is so, and silent where it may be
 * chance. */
#include <math.h>
#include <string.h>

#include "analyze/samples/sample_diff.h"
#include "analyze/samples/sample_profile.h"

/* A recording made up: functions main > serve > match > hot (without a name), and main > log. */
struct made {
	fdar_sampled *sampled;
	uint32_t serve, match, hot, log;
};

static uint32_t child(struct fdar_samples *samples, uint32_t parent, const char *name,
		      const char *binary, enum fdar_sample_function_kind kind, const char *build)
{
	return fdar_samples_node(samples, parent,
				 fdar_samples_function(samples, kind, name, binary, build, 0));
}

static struct made make(uint32_t sessions, const char *build)
{
	struct made made = { .sampled = g_new0(struct fdar_sampled, 1) };
	struct fdar_samples *samples = fdar_samples_new();
	uint32_t main_ = child(samples, 0, "main", "server", FDAR_SAMPLE_NAMED, build);

	samples->period_ns = 10000000;
	made.serve = child(samples, main_, "serve", "server", FDAR_SAMPLE_NAMED, build);
	made.match = child(samples, made.serve, "match", "server", FDAR_SAMPLE_NAMED, build);
	made.hot = child(samples, made.match, "server+0x900", "server", FDAR_SAMPLE_UNNAMED, build);
	made.log = child(samples, main_, "log", "server", FDAR_SAMPLE_NAMED, build);
	made.sampled->samples = samples;
	made.sampled->sessions = g_array_new(FALSE, TRUE, sizeof(struct fdar_sampled_session));
	g_array_set_size(made.sampled->sessions, sessions);
	made.sampled->owners = g_new0(struct fdar_sampled_owner, 1 << 20);
	return made;
}

static void add(struct made *made, uint32_t session, uint32_t node, guint times)
{
	struct fdar_sample sample = { .node = node };

	for (; times; times--) {
		made->sampled->owners[made->sampled->samples->samples->len] =
			(struct fdar_sampled_owner){ session, FDAR_SAMPLED_SESSION };
		fdar_samples_add(made->sampled->samples, &sample);
	}
}

static fdar_sample_profile *profile_of(struct made *made)
{
	fdar_sample_profile *profile = fdar_sample_profile_new(made->sampled, NULL, FALSE);

	g_clear_pointer(&made->sampled, fdar_sampled_free);
	return profile;
}

/* Both sides log, one sample in each third session; the subject's sessions match, so often each. */
static fdar_sample_profile *side(uint32_t sessions, guint matches, const char *build)
{
	struct made made = make(sessions, build);

	for (uint32_t s = 0; s < sessions; s++) {
		add(&made, s, made.log, s % 3 == 0);
		add(&made, s, made.hot, matches);
	}
	return profile_of(&made);
}

static void test_profile(void)
{
	g_autoptr(fdar_sample_profile) profile = side(9, 2, "b1");
	const struct fdar_sample_entry *first = &profile->entries[0];

	g_assert_cmpuint(profile->samples, ==, 21);
	g_assert_cmpuint(profile->sessions, ==, 9);
	g_assert_cmpstr(first->function, ==, "main");
	g_assert_cmpuint(first->total, ==, 21);
	g_assert_cmpuint(first->own, ==, 0);
	g_assert_cmpuint(first->counts->len, ==, 9);
	for (uint32_t i = 0; i < profile->entry_count; i++)
		if (strcmp(profile->entries[i].function, "log") == 0)
			g_assert_cmpuint(profile->entries[i].own, ==, 3);
}

static void test_recursion(void)
{
	struct made made = make(5, "b1");
	struct fdar_samples *samples = made.sampled->samples;
	uint32_t match =
		g_array_index(samples->nodes, struct fdar_sample_node, made.match).function;
	uint32_t deep = fdar_samples_node(samples, made.match, match);

	add(&made, 0, deep, 4);
	g_autoptr(fdar_sample_profile) profile = profile_of(&made);
	for (uint32_t i = 0; i < profile->entry_count; i++)
		if (strcmp(profile->entries[i].function, "match") == 0)
			g_assert_cmpuint(profile->entries[i].total, ==, 4);
}

static fdar_sample_diff *compare(const fdar_sample_profile *a, const fdar_sample_profile *b)
{
	return fdar_sample_diff_new(a, b);
}

static void test_found(void)
{
	g_autoptr(fdar_sample_profile) usual = side(30, 0, "b1"), attack = side(30, 1, "b1");
	g_autoptr(fdar_sample_diff) diff = compare(usual, attack);

	g_assert_cmpint(diff->outcome, ==, FDAR_SAMPLE_FOUND);
	/* The deepest with a name; the hot spot in it is told, too. */
	g_assert_cmpstr(diff->rows[diff->culprit].function, ==, "match");
	g_assert_cmpstr(diff->rows[diff->deepest].function, ==, "server+0x900");
	g_assert_cmpfloat(diff->p, <=, 0.001);
	g_assert_cmpfloat(diff->rows[diff->culprit].added_ns, ==, 1e7);
	g_assert_false(diff->is_spread);
}

static void test_too_few(void)
{
	g_autoptr(fdar_sample_profile) usual = side(4, 0, "b1"), attack = side(4, 9, "b1");
	g_autoptr(fdar_sample_profile) ten = side(8, 0, "b1"), ten_more = side(8, 1, "b1");
	g_autoptr(fdar_sample_profile) none = side(0, 0, "b1");
	g_autoptr(fdar_sample_diff) four = compare(usual, attack), low = compare(ten, ten_more),
				    empty = compare(none, ten);

	g_assert_cmpint(four->outcome, ==, FDAR_SAMPLE_TOO_FEW_SESSIONS);
	/* Eight added samples: fewer than what fifteen that are expected may turn out to be. */
	g_assert_cmpint(low->outcome, ==, FDAR_SAMPLE_TOO_FEW_SAMPLES);
	g_assert_cmpfloat(low->needed, ==, 15);
	g_assert_cmpint(empty->outcome, ==, FDAR_SAMPLE_NO_SESSIONS);
}

static void test_rates(void)
{
	g_autoptr(fdar_sample_profile) usual = side(30, 0, "b1"), attack = side(30, 1, "b1");

	attack->period_ns /= 10;
	g_autoptr(fdar_sample_diff) diff = compare(usual, attack);
	g_assert_cmpint(diff->outcome, ==, FDAR_SAMPLE_OTHER_RATE);
}

/* Another build's functions without a name are not these, wherever they begin. */
static void test_builds(void)
{
	g_autoptr(fdar_sample_profile) old = side(30, 1, "b1"), new = side(30, 1, "b2");
	g_autoptr(fdar_sample_diff) diff = compare(old, new);

	g_assert_cmpint(diff->outcome, ==, FDAR_SAMPLE_NOTHING);
	for (uint32_t i = 0; i < diff->row_count; i++)
		g_assert_true(diff->rows[i].is_loose ==
			      (diff->rows[i].kind == FDAR_SAMPLE_UNNAMED));
}

/* Everything takes three times as long: that is no function's doing. */
static void test_spread(void)
{
	struct made usual = make(60, "b1"), slow = make(60, "b1");

	for (uint32_t s = 0; s < 60; s++) {
		add(&usual, s, usual.log, 1);
		add(&usual, s, usual.match, 1);
		add(&slow, s, slow.log, 3);
		add(&slow, s, slow.match, 3);
	}
	g_autoptr(fdar_sample_profile) a = profile_of(&usual), b = profile_of(&slow);
	g_autoptr(fdar_sample_diff) diff = compare(a, b);
	g_assert_cmpint(diff->outcome, ==, FDAR_SAMPLE_FOUND);
	g_assert_true(diff->is_spread);
}

/* One sample of the baseline, by chance in what is slow now: nobody can say that it always was. */
static void test_thin(void)
{
	struct made usual = make(60, "b1"), slow = make(60, "b1");

	add(&usual, 0, usual.match, 1);
	for (uint32_t s = 0; s < 60; s++)
		add(&slow, s, slow.match, 1);
	g_autoptr(fdar_sample_profile) a = profile_of(&usual), b = profile_of(&slow);
	g_autoptr(fdar_sample_diff) diff = compare(a, b);
	g_assert_cmpint(diff->outcome, ==, FDAR_SAMPLE_FOUND);
	g_assert_false(diff->is_spread);
	g_assert_true(diff->is_thin);
	g_assert_cmpstr(diff->rows[diff->culprit].function, ==, "match");
}

/* 150 sessions a side, and a millisecond more of each, 99 times a second: named nine times of ten. */
static void test_power(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(11);
	guint named = 0, rounds = 100;

	for (guint round = 0; round < rounds; round++) {
		struct made usual = make(150, "b1"), slow = make(150, "b1");

		for (uint32_t s = 0; s < 150; s++) {
			add(&usual, s, usual.log, g_rand_double(random) < 0.007);
			add(&slow, s, slow.log, g_rand_double(random) < 0.007);
			add(&slow, s, slow.match, g_rand_double(random) < 0.099);
		}
		g_autoptr(fdar_sample_profile) a = profile_of(&usual), b = profile_of(&slow);
		g_autoptr(fdar_sample_diff) diff = compare(a, b);
		named += diff->outcome == FDAR_SAMPLE_FOUND && !diff->is_spread &&
			 strcmp(diff->rows[diff->culprit].function, "match") == 0;
	}
	g_assert_cmpuint(named, >=, 90);
}

/* Of what serve does besides, in several functions, one session in forty has a sample. */
static void add_besides(struct made *made, GRand *random, uint32_t session)
{
	static const char *const names[] = { "read", "parse", "copy", "write" };
	const char *name = names[g_rand_int_range(random, 0, G_N_ELEMENTS(names))];

	add(made, session,
	    child(made->sampled->samples, made->serve, name, "server", FDAR_SAMPLE_NAMED, "b1"),
	    g_rand_double(random) < 0.025);
}

/* By chance the one run has less of that than the other: it is still match that is named, and not who calls it. */
static void test_besides(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(5);
	guint named = 0, callers = 0, rounds = 400;

	for (guint round = 0; round < rounds; round++) {
		struct made usual = make(150, "b1"), slow = make(150, "b1");

		for (uint32_t s = 0; s < 150; s++) {
			add_besides(&usual, random, s);
			add_besides(&slow, random, s);
			add(&slow, s, slow.match, g_rand_double(random) < 0.2);
		}
		g_autoptr(fdar_sample_profile) a = profile_of(&usual), b = profile_of(&slow);
		g_autoptr(fdar_sample_diff) diff = compare(a, b);
		if (diff->outcome != FDAR_SAMPLE_FOUND || diff->is_spread || diff->is_thin)
			continue;
		named += strcmp(diff->rows[diff->culprit].function, "match") == 0;
		callers += strcmp(diff->rows[diff->culprit].function, "match") != 0;
	}
	g_test_message("match %u, callers %u of %u", named, callers, rounds);
	g_assert_cmpuint(named, >=, 380);
	g_assert_cmpuint(callers, <=, 1);
}

/* Half of what match does it does by a helper, sometimes more: named is match, which does the rest itself. */
static void test_helper(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(6);
	guint named = 0, helpers = 0, rounds = 200;

	for (guint round = 0; round < rounds; round++) {
		struct made usual = make(150, "b1"), slow = make(150, "b1");
		uint32_t helper = child(slow.sampled->samples, slow.match, "helper", "server",
					FDAR_SAMPLE_NAMED, "b1");

		for (uint32_t s = 0; s < 150; s++) {
			add(&usual, s, usual.log, g_rand_double(random) < 0.025);
			add(&slow, s, slow.log, g_rand_double(random) < 0.025);
			add(&slow, s, slow.match, g_rand_double(random) < 0.1);
			add(&slow, s, helper, g_rand_double(random) < 0.1);
		}
		g_autoptr(fdar_sample_profile) a = profile_of(&usual), b = profile_of(&slow);
		g_autoptr(fdar_sample_diff) diff = compare(a, b);
		if (diff->outcome != FDAR_SAMPLE_FOUND || diff->is_spread || diff->is_thin)
			continue;
		named += strcmp(diff->rows[diff->culprit].function, "match") == 0;
		helpers += strcmp(diff->rows[diff->culprit].function, "helper") == 0;
	}
	g_test_message("match %u, helpers %u of %u", named, helpers, rounds);
	g_assert_cmpuint(named, >=, 180);
	g_assert_cmpuint(helpers, <=, 4);
}

static void test_merge(void)
{
	g_autoptr(fdar_sample_profile) one = side(10, 1, "b1"), two = side(20, 1, "b1");
	const fdar_sample_profile *both[] = { one, two };
	g_autoptr(fdar_sample_profile) sum = fdar_sample_profile_merge(both, 2);

	g_assert_cmpuint(sum->sessions, ==, 30);
	g_assert_cmpuint(sum->samples, ==, one->samples + two->samples);
	g_assert_cmpuint(sum->entries[0].counts->len, ==, 30);
}

/* The same server twice, where a few sessions are heavy: what counting by sample gets wrong half of the
 * time. Alarms at 5 % of 200 are 10; 22 are beyond chance. */
static void test_alike(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(7);
	guint alarms = 0, rounds = 200;

	for (guint round = 0; round < rounds; round++) {
		fdar_sample_profile *sides[2];

		for (int i = 0; i < 2; i++) {
			struct made made = make(60, "b1");

			for (uint32_t s = 0; s < 60; s++)
				add(&made, s, g_rand_boolean(random) ? made.match : made.log,
				    g_rand_double(random) < 0.05 ? 40 : s % 2);
			sides[i] = profile_of(&made);
		}
		g_autoptr(fdar_sample_diff) diff = compare(sides[0], sides[1]);
		alarms += diff->outcome == FDAR_SAMPLE_FOUND;
		fdar_sample_profile_free(sides[0]);
		fdar_sample_profile_free(sides[1]);
	}
	g_test_message("%u alarms of %u", alarms, rounds);
	g_assert_cmpuint(alarms, <, 22);
}

/* Everybody serves a little longer, beside so many samples that chance alone is as much: who was seen twice is not
 * named for it, however deep it is. */
static void test_wide(void)
{
	struct made usual = make(100, "b1"), slow = make(100, "b1");
	uint32_t leaf =
		child(slow.sampled->samples, slow.match, "leaf", "server", FDAR_SAMPLE_NAMED, "b1");

	for (uint32_t s = 0; s < 100; s++) {
		add(&usual, s, usual.serve, 4);
		add(&slow, s, slow.serve, 4 + (s % 10 < 3));
	}
	add(&slow, 3, leaf, 2);
	g_autoptr(fdar_sample_profile) a = profile_of(&usual), b = profile_of(&slow);
	g_autoptr(fdar_sample_diff) diff = compare(a, b);
	g_assert_cmpint(diff->outcome, ==, FDAR_SAMPLE_NOTHING);
	g_assert_cmpstr(diff->rows[diff->culprit].function, ==, "serve");
}

/* Samples that come by chance, in twelve functions, of which the first have most. */
static fdar_sample_profile *by_chance(GRand *random, uint32_t sessions, double rate)
{
	struct made made = make(sessions, "b1");
	uint32_t leaves[12];

	for (int i = 0; i < 12; i++) {
		g_autofree char *name = g_strdup_printf("leaf%d", i);

		leaves[i] = child(made.sampled->samples, i % 2 ? made.match : made.log, name,
				  "server", FDAR_SAMPLE_NAMED, "b1");
	}
	for (uint32_t s = 0; s < sessions; s++) {
		double left = g_rand_double(random);

		/* Knuth's way to a Poisson number. */
		for (; left > exp(-rate); left *= g_rand_double(random)) {
			double at = g_rand_double(random);

			add(&made, s, leaves[(int)(12 * at * at)], 1);
		}
	}
	return profile_of(&made);
}

/* Two runs that are alike, near the nine samples that a verdict takes: at most one of twenty is an alarm. Of
 * 300 that is 15; 23 or more are 3 in a hundred if it were (binomial). */
static void test_alike_by_chance(void)
{
	static const double rates[] = { 0.15, 0.4, 1 };
	g_autoptr(GRand) random = g_rand_new_with_seed(77);
	guint alarms = 0;

	for (guint round = 0; round < 300; round++) {
		double rate = rates[round % G_N_ELEMENTS(rates)];
		g_autoptr(fdar_sample_profile) a = by_chance(random, 60, rate);
		g_autoptr(fdar_sample_profile) b = by_chance(random, 60, rate);
		g_autoptr(fdar_sample_diff) diff = compare(a, b);

		alarms += diff->outcome == FDAR_SAMPLE_FOUND;
	}
	g_test_message("%u alarms of 300", alarms);
	g_assert_cmpuint(alarms, <, 23);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sample_diff/profile", test_profile);
	g_test_add_func("/sample_diff/recursion", test_recursion);
	g_test_add_func("/sample_diff/found", test_found);
	g_test_add_func("/sample_diff/too_few", test_too_few);
	g_test_add_func("/sample_diff/rates", test_rates);
	g_test_add_func("/sample_diff/builds", test_builds);
	g_test_add_func("/sample_diff/spread", test_spread);
	g_test_add_func("/sample_diff/thin", test_thin);
	g_test_add_func("/sample_diff/power", test_power);
	g_test_add_func("/sample_diff/besides", test_besides);
	g_test_add_func("/sample_diff/helper", test_helper);
	g_test_add_func("/sample_diff/merge", test_merge);
	g_test_add_func("/sample_diff/alike", test_alike);
	g_test_add_func("/sample_diff/wide", test_wide);
	g_test_add_func("/sample_diff/alike_by_chance", test_alike_by_chance);
	return g_test_run();
}
