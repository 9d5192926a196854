/* Cells of sessions are the same sums, however often they are packed in between. */
#include "analyze/profile/profile_cells.h"

#define SESSIONS 20u
#define PLACES   300u
#define TURNS    4000u

struct sums {
	struct cell at[2][PLACES];
	gboolean has[2][PLACES];
};

static void add(struct cell_store *store, struct session_cells *session, struct sums *sums,
		const struct placed_cell *by)
{
	struct cell *sum = &sums->at[by->kind][by->index];
	struct cell *cell = profile_cell(store, session, by->index, by->kind);

	cell->calls += by->cell.calls;
	cell->own_ns += by->cell.own_ns;
	cell->total_ns += by->cell.total_ns;
	sum->calls += by->cell.calls;
	sum->own_ns += by->cell.own_ns;
	sum->total_ns += by->cell.total_ns;
	sums->has[by->kind][by->index] = TRUE;
}

static void expect(struct cell_store *store, struct session_cells *session, struct sums *sums)
{
	const GArray *gathered = profile_cells_gather(store, session);

	for (guint i = 0; i < gathered->len; i++) {
		const struct placed_cell *placed = &g_array_index(gathered, struct placed_cell, i);
		const struct cell *sum = &sums->at[placed->kind][placed->index];

		g_assert_true(sums->has[placed->kind][placed->index]);
		sums->has[placed->kind][placed->index] = FALSE;
		g_assert_cmpuint(placed->cell.calls, ==, sum->calls);
		g_assert_cmpuint(placed->cell.own_ns, ==, sum->own_ns);
		g_assert_cmpuint(placed->cell.total_ns, ==, sum->total_ns);
	}
	for (unsigned i = 0; i < PLACES; i++)
		g_assert_false(sums->has[CELL_PATH][i] || sums->has[CELL_QUEUE][i]);
}

/* Small and large numbers; of recursive paths less in all than of their own. */
static struct placed_cell some(GRand *rand)
{
	unsigned shift = g_rand_int(rand) % 40;

	return (struct placed_cell){
		.index = g_rand_int(rand) % (g_rand_int(rand) % 4 ? 20 : PLACES),
		.kind = g_rand_int(rand) % 8 ? CELL_PATH : CELL_QUEUE,
		.cell = { .calls = g_rand_int(rand) % (g_rand_int(rand) % 9 ? 4 : 1000000),
			  .own_ns = (uint64_t)g_rand_int(rand) >> 16 << shift,
			  .total_ns = (uint64_t)g_rand_int(rand) >> 16 << shift },
	};
}

/* Returns how many of the sessions have been packed at the end. */
static unsigned take_turns(size_t most)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);
	g_autofree struct sums *sums = g_new0(struct sums, SESSIONS);
	struct session_cells sessions[SESSIONS];
	struct cell_store store;
	unsigned packed = 0;

	profile_cells_init(&store, most);
	for (unsigned i = 0; i < SESSIONS; i++)
		profile_cells_open(&store, &sessions[i]);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		unsigned whose = g_rand_int(rand) % SESSIONS, steps = g_rand_int(rand) % 12;

		profile_cells_turn(&store, &sessions[whose]);
		for (unsigned i = 0; i < steps; i++) {
			struct placed_cell by = some(rand);

			add(&store, &sessions[whose], &sums[whose], &by);
		}
		g_assert_cmpuint(store.count, <=, MAX(most, store.packed_bytes / 100) + 60);
	}
	for (unsigned i = 0; i < SESSIONS; i++) {
		packed += sessions[i].packed != NULL;
		expect(&store, &sessions[i], &sums[i]);
		profile_cells_close(&store, &sessions[i]);
	}
	g_assert_cmpuint(store.count, ==, 0);
	profile_cells_clear(&store);
	return packed;
}

static void test_packed(void)
{
	g_assert_cmpuint(take_turns(0), ==, SESSIONS);
	g_assert_cmpuint(take_turns(50), ==, SESSIONS);
}

static void test_loose(void)
{
	g_assert_cmpuint(take_turns(SIZE_MAX / 2), ==, 0);
}

/* What is remembered of where a cell is holds until its serial is another one. */
static void test_serial(void)
{
	struct session_cells a, b;
	struct cell_store store;
	uint64_t before;

	profile_cells_init(&store, 0);
	profile_cells_open(&store, &a);
	profile_cells_open(&store, &b);
	profile_cells_turn(&store, &a);
	profile_cell(&store, &a, 1, CELL_PATH)->calls = 1;
	before = a.serial;
	profile_cells_turn(&store, &a);
	g_assert_cmpuint(a.serial, ==, before);
	profile_cell(&store, &b, 1, CELL_PATH)->calls = 2;
	profile_cells_turn(&store, &b);
	g_assert_null(a.loose);
	g_assert_nonnull(a.packed);
	g_assert_cmpuint(a.serial, !=, before);
	g_assert_cmpuint(a.serial, !=, b.serial);
	profile_cells_close(&store, &a);
	profile_cells_close(&store, &b);
	profile_cells_clear(&store);
}

/* The ends of 64 bits, where sums stay. */
static void test_ends(void)
{
	struct session_cells session, other;
	struct cell_store store;

	profile_cells_init(&store, 0);
	profile_cells_open(&store, &session);
	profile_cells_open(&store, &other);
	for (unsigned i = 0; i < 2; i++) {
		profile_cells_turn(&store, &session);
		*profile_cell(&store, &session, UINT32_MAX, CELL_QUEUE) =
			(struct cell){ UINT64_MAX - i, UINT64_MAX - i, i };
		profile_cell(&store, &other, 1, CELL_PATH);
		profile_cells_turn(&store, &other);
	}
	const GArray *gathered = profile_cells_gather(&store, &session);
	g_assert_cmpuint(gathered->len, ==, 1);
	const struct placed_cell *placed = &g_array_index(gathered, struct placed_cell, 0);
	g_assert_cmpuint(placed->index, ==, UINT32_MAX);
	g_assert_cmpint(placed->kind, ==, CELL_QUEUE);
	g_assert_cmpuint(placed->cell.calls, ==, UINT64_MAX);
	g_assert_cmpuint(placed->cell.own_ns, ==, UINT64_MAX);
	g_assert_cmpuint(placed->cell.total_ns, ==, 1);
	profile_cells_close(&store, &session);
	profile_cells_close(&store, &other);
	profile_cells_clear(&store);
}

#define FEW 10u

/* Sessions with 400 times as many places as a turn adds to: packing, which writes all of a session anew,
 * gets rarer as they grow. */
static void test_many_places(void)
{
	struct session_cells sessions[FEW];
	uint64_t half = 0, all;
	struct cell_store store;

	profile_cells_init(&store, 100);
	for (unsigned i = 0; i < FEW; i++)
		profile_cells_open(&store, &sessions[i]);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		struct session_cells *session = &sessions[turn % FEW];

		if (turn == TURNS / 2)
			half = store.serials;
		profile_cells_turn(&store, session);
		for (unsigned i = 0; i < 100; i++)
			profile_cell(&store, session, (turn / FEW * 100 + i) % 40000, CELL_PATH)
				->calls += 1000000;
	}
	all = store.serials;
	g_assert_cmpuint(all - half, <, TURNS / 4);
	g_assert_cmpuint(store.count, <=, store.packed_bytes / 100);
	for (unsigned i = 0; i < FEW; i++) {
		g_assert_cmpuint(profile_cells_gather(&store, &sessions[i])->len, ==, 40000);
		profile_cells_close(&store, &sessions[i]);
	}
	g_assert_cmpuint(store.packed_bytes, ==, 0);
	profile_cells_clear(&store);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile_cells/packed", test_packed);
	g_test_add_func("/profile_cells/loose", test_loose);
	g_test_add_func("/profile_cells/serial", test_serial);
	g_test_add_func("/profile_cells/ends", test_ends);
	g_test_add_func("/profile_cells/many-places", test_many_places);
	return g_test_run();
}
