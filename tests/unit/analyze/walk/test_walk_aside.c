/* Costs that go aside arrive as they were, in their order, with that to which they belong. */
#include "analyze/walk/walk_aside.h"

#define COUNT 20000u

struct heard {
	GArray *costs; /* of struct fdar_walk_cost */
};

static void hear(void *const *to, const struct fdar_walk_cost *costs, size_t count)
{
	g_assert_cmpuint(count, <=, FDAR_WALK_ASIDE_ROUND);
	for (size_t i = 0; i < count; i++) {
		struct heard *heard = to[i];

		g_array_append_val(heard->costs, costs[i]);
	}
}

/* Most have few of the fields. */
static struct fdar_walk_cost draw(GRand *rand)
{
	struct fdar_walk_cost cost = { 0 };
	guint32 what = g_rand_int(rand);

	cost.self_ns = g_rand_int(rand);
	cost.total_ns = what % 5 ? cost.self_ns : UINT64_MAX - g_rand_int(rand);
	cost.wait_ns = what % 7 ? 0 : (uint64_t)g_rand_int(rand) << 20;
	cost.skipped_calls = what % 11 ? 0 : g_rand_int(rand);
	cost.skipped_ns = what % 13 ? 0 : g_rand_int(rand);
	cost.path = (uint32_t)g_rand_int_range(rand, 0, FDAR_WALK_PATHS_MAX);
	cost.kind = (uint8_t)(what % FDAR_FRAME_KINDS);
	cost.recursive = what >> 20 & 1;
	cost.unfinished = what >> 21 & 1;
	cost.repaired = what >> 22 & 1;
	cost.ended = what >> 23 & 1;
	cost.client = what >> 24 & 1;
	return cost;
}

static void assert_same(const struct fdar_walk_cost *got, const struct fdar_walk_cost *expected)
{
	g_assert_null(got->session);
	g_assert_cmpuint(got->self_ns, ==, expected->self_ns);
	g_assert_cmpuint(got->total_ns, ==, expected->total_ns);
	g_assert_cmpuint(got->wait_ns, ==, expected->wait_ns);
	g_assert_cmpuint(got->skipped_calls, ==, expected->skipped_calls);
	g_assert_cmpuint(got->skipped_ns, ==, expected->skipped_ns);
	g_assert_cmpuint(got->path, ==, expected->path);
	g_assert_cmpuint(got->kind, ==, expected->kind);
	g_assert_cmpuint(got->recursive, ==, expected->recursive);
	g_assert_cmpuint(got->unfinished, ==, expected->unfinished);
	g_assert_cmpuint(got->repaired, ==, expected->repaired);
	g_assert_cmpuint(got->ended, ==, expected->ended);
	g_assert_cmpuint(got->client, ==, expected->client);
}

static void assert_all(const struct heard *heard, const GArray *told)
{
	g_assert_cmpuint(heard->costs->len, ==, told->len);
	for (guint i = 0; i < told->len; i++)
		assert_same(&g_array_index(heard->costs, struct fdar_walk_cost, i),
			    &g_array_index(told, struct fdar_walk_cost, i));
}

static void test_whole(void)
{
	g_autoptr(fdar_helper) helper = fdar_helper_new();
	g_autoptr(GRand) rand = g_rand_new_with_seed(14);
	struct fdar_walk_aside aside = { .helper = helper, .sum = hear };
	struct heard heard[2];
	GArray *told[2];

	for (unsigned i = 0; i < 2; i++) {
		told[i] = g_array_new(FALSE, FALSE, sizeof(struct fdar_walk_cost));
		heard[i].costs = g_array_new(FALSE, FALSE, sizeof(struct fdar_walk_cost));
	}
	fdar_walk_aside_drain(&aside); /* nothing was added */
	for (guint n = 0; n < COUNT;) {
		struct fdar_walk_cost costs[70];
		guint to = (guint)g_rand_int_range(rand, 0, 2);
		guint count = (guint)g_rand_int_range(rand, 0, G_N_ELEMENTS(costs) + 1);

		for (guint i = 0; i < count; i++)
			costs[i] = draw(rand);
		g_array_append_vals(told[to], costs, count);
		fdar_walk_aside_add(&aside, &heard[to], costs, count);
		n += count;
		if (g_rand_int_range(rand, 0, 100) == 0) {
			fdar_walk_aside_drain(&aside);
			g_assert_cmpuint(heard[0].costs->len, ==, told[0]->len);
			g_assert_cmpuint(heard[1].costs->len, ==, told[1]->len);
		}
	}
	fdar_walk_aside_drain(&aside);
	for (unsigned i = 0; i < 2; i++) {
		assert_all(&heard[i], told[i]);
		g_array_unref(told[i]);
		g_array_unref(heard[i].costs);
	}
	fdar_walk_aside_clear(&aside);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk-aside/whole", test_whole);
	return g_test_run();
}
