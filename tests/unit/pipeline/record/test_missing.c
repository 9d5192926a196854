/* What processes say they have written against what is in the trace. */
#include "pipeline/record/record_missing.h"

static GArray *processes(const struct fdar_control_process *first, guint count)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(*first));

	return g_array_append_vals(list, first, count);
}

#define LIST(...)                                                                \
	processes((const struct fdar_control_process[]){ __VA_ARGS__ },          \
		  sizeof((const struct fdar_control_process[]){ __VA_ARGS__ }) / \
			  sizeof(struct fdar_control_process))

static void test_more_is_fine(void)
{
	g_autoptr(GArray) said = LIST({ 1, 10, { 2, 3, 4 }, 0 }, { 2, 0, { 0 }, 0 });
	g_autoptr(GArray) found = LIST({ 2, 5, { 1 }, 0 }, { 1, 11, { 2, 3, 5 }, 0 });
	struct fdar_record_missing missing = { 9, 9 };

	fdar_record_missing_find(said, found, FDAR_DETAIL_ALL, &missing);
	g_assert_cmpuint(missing.calls, ==, 0);
	g_assert_cmpuint(missing.events, ==, 0);
}

/* What one process has too many is no consolation for another's loss. */
static void test_by_process_and_kind(void)
{
	g_autoptr(GArray) said = LIST({ 1, 10, { 5, 0, 7 }, 0 }, { 2, 10, { 5, 9, 0 }, 0 });
	g_autoptr(GArray) found = LIST({ 1, 100, { 50, 0, 6 }, 0 }, { 2, 9, { 0, 90, 0 }, 0 });
	struct fdar_record_missing missing;

	fdar_record_missing_find(said, found, FDAR_DETAIL_FUNCTION, &missing);
	g_assert_cmpuint(missing.calls, ==, 1);
	g_assert_cmpuint(missing.events, ==, 6);
}

/* One number, two processes one after the other. */
static void test_same_number(void)
{
	g_autoptr(GArray) said = LIST({ 1, 10, { 5, 0, 0 }, 0 });
	g_autoptr(GArray) found = LIST({ 1, 4, { 5 }, 0 }, { 2, 1, { 0 }, 0 }, { 1, 5, { 1 }, 0 });
	struct fdar_record_missing missing;

	fdar_record_missing_find(said, found, FDAR_DETAIL_FUNCTION, &missing);
	g_assert_cmpuint(missing.calls, ==, 1);
	g_assert_cmpuint(missing.events, ==, 0);
}

static void test_no_trace_of_it(void)
{
	g_autoptr(GArray) said = LIST({ 1, 10, { 5, 6, 7 }, 0 });
	g_autoptr(GArray) found = LIST({ 2, 10, { 5, 6, 7 }, 0 });
	struct fdar_record_missing missing;

	fdar_record_missing_find(said, found, FDAR_DETAIL_FUNCTION, &missing);
	g_assert_cmpuint(missing.calls, ==, 10);
	g_assert_cmpuint(missing.events, ==, 18);
}

/* A session of somebody else's may take what ours does not ask for. */
static void test_not_asked_for(void)
{
	g_autoptr(GArray) said = LIST({ 1, 10, { 5, 6, 7 }, 0 });
	g_autoptr(GArray) found = LIST({ 1, 0, { 5, 0, 0 }, 0 });
	struct fdar_record_missing missing;

	fdar_record_missing_find(said, found, FDAR_DETAIL_SESSION, &missing);
	g_assert_cmpuint(missing.calls + missing.events, ==, 0);
	fdar_record_missing_find(said, found, FDAR_DETAIL_IO, &missing);
	g_assert_cmpuint(missing.calls, ==, 0);
	g_assert_cmpuint(missing.events, ==, 6);
}

static void test_absurd(void)
{
	g_autoptr(GArray) said =
		LIST({ 1, UINT64_MAX, { 5 }, 0 }, { 2, UINT64_MAX, { UINT64_MAX }, 0 });
	g_autoptr(GArray) found = LIST({ 1, 1, { 0 }, 0 });
	struct fdar_record_missing missing;

	fdar_record_missing_find(said, found, FDAR_DETAIL_ALL, &missing);
	g_assert_cmpuint(missing.calls, ==, UINT64_MAX);
	g_assert_cmpuint(missing.events, ==, UINT64_MAX);
}

static void test_forgive(void)
{
	g_autoptr(GArray) said = LIST({ 1, 10, { 5, 6, 7 }, 0 }, { 2, 3, { 0 }, 0 });
	g_autoptr(GArray) young = LIST({ 1, 4, { 5, 1, 9 }, 0 });
	const struct fdar_control_process *first =
		&g_array_index(said, struct fdar_control_process, 0);

	fdar_record_missing_forgive(said, young);
	g_assert_cmpuint(first->calls, ==, 6);
	g_assert_cmpuint(first->events[0], ==, 0);
	g_assert_cmpuint(first->events[1], ==, 5);
	g_assert_cmpuint(first->events[2], ==, 0);
	g_assert_cmpuint(first[1].calls, ==, 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/missing/more-is-fine", test_more_is_fine);
	g_test_add_func("/missing/by-process-and-kind", test_by_process_and_kind);
	g_test_add_func("/missing/same-number", test_same_number);
	g_test_add_func("/missing/no-trace-of-it", test_no_trace_of_it);
	g_test_add_func("/missing/not-asked-for", test_not_asked_for);
	g_test_add_func("/missing/absurd", test_absurd);
	g_test_add_func("/missing/forgive", test_forgive);
	return g_test_run();
}
