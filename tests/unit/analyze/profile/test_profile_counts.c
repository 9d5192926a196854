/* Page faults and migrations beside a trace: each is of the session that its thread worked for, in whatever pieces and
 * by as many threads as the trace is read, and stays exact where profiles are saved, read and merged. */
#include "analyze/profile/profile_file.h"
#include "analyze/profile/profile_read.h"
#include "tests/unit/kit/remove_tree.h"
#include "tests/unit/kit/tiny_trace.h"

#define EPOCH_NS (TINY_TRACE_EPOCH_S * 1000000000u)
#define SESSIONS 2000u /* several batches of events */

/* Two threads that serve sessions one after the other: from 1000 n + 100 to 1000 n + 900. */
static void write_trace(const char *dir)
{
	g_autofree char *folder = g_build_filename(dir, "trace", NULL);
	struct tiny_trace *trace = tiny_trace_new(folder);
	uint16_t begin = tiny_trace_class(trace, "flowdar:session_begin",
					  "uint64_t _key; string _peer; int32_t _fd;");
	uint16_t suspend = tiny_trace_class(trace, "flowdar:session_suspend", "uint64_t _key;");
	uint16_t end = tiny_trace_class(trace, "flowdar:session_end", "uint64_t _key;");

	for (uint32_t i = 0; i < SESSIONS; i++) {
		int32_t tid = 10 + (int32_t)(i % 2);

		tiny_trace_event(trace, begin, 1000 * (uint64_t)i + 100, 1, tid, "worker");
		tiny_trace_u64(trace, i);
		tiny_trace_string(trace, "peer");
		tiny_trace_u32(trace, 7);
		tiny_trace_event(trace, suspend, 1000 * (uint64_t)i + 800, 1, tid, "worker");
		tiny_trace_u64(trace, i);
		tiny_trace_event(trace, end, 1000 * (uint64_t)i + 900, 1, tid, "worker");
		tiny_trace_u64(trace, i);
	}
	tiny_trace_close(trace);
}

static void count(struct fdar_samples *samples, uint64_t time_ns, uint32_t tid,
		  enum fdar_count_kind kind, uint32_t number)
{
	struct fdar_count one = { EPOCH_NS + time_ns, 1, tid, number, (uint8_t)kind };

	fdar_samples_count(samples, &one);
}

/* Of session n as many faults as n % 3, in one record; one more that waited for a disk in session 5; a migration in each without
 * faults. A fault of a thread between sessions, and one of a thread that the trace does not have. */
static void write_counts(const char *dir, gboolean counted)
{
	g_autoptr(fdar_samples) samples = fdar_samples_new();

	samples->period_ns = 1000000;
	samples->counted = counted ? 1 : 0;
	for (uint32_t i = 0; i < SESSIONS && counted; i++) {
		if (i % 3)
			count(samples, 1000 * (uint64_t)i + 200, 10 + i % 2, FDAR_COUNT_FAULT,
			      i % 3);
		if (i % 3 == 0)
			count(samples, 1000 * (uint64_t)i + 300, 10 + i % 2, FDAR_COUNT_MIGRATION,
			      1);
	}
	if (counted) {
		count(samples, 5400, 11, FDAR_COUNT_FAULT, 1);
		count(samples, 5400, 11, FDAR_COUNT_MAJOR, 1);
		count(samples, 1000 * SESSIONS, 10, FDAR_COUNT_FAULT, 1);
		count(samples, 700, 99, FDAR_COUNT_FAULT, 1);
	}
	g_assert_true(fdar_samples_save(samples, dir, NULL));
}

static void on_session(void *user, const struct fdar_profile_session *told)
{
	uint64_t i = told->session->key;
	GArray *seen = user;

	g_assert_true(told->is_counted);
	g_assert_cmpuint(told->counts[FDAR_COUNT_FAULT], ==, i % 3 + (i == 5));
	g_assert_cmpuint(told->counts[FDAR_COUNT_MAJOR], ==, i == 5);
	g_assert_cmpuint(told->counts[FDAR_COUNT_MIGRATION], ==, i % 3 == 0);
	g_array_append_val(seen, i);
}

static struct fdar_profile *read_with(const char *dir, unsigned threads, GArray *seen)
{
	const struct fdar_profile_options options = { .threads = threads,
						      .session = seen ? on_session : NULL,
						      .session_user = seen };
	g_autoptr(GError) error = NULL;
	struct fdar_profile *profile = fdar_profile_read(dir, &options, NULL, &error);

	g_assert_no_error(error);
	return profile;
}

static void test_of_sessions(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-counts-XXXXXX", NULL);
	g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	const struct fdar_profile_group *group;

	write_trace(dir);
	write_counts(dir, TRUE);
	g_autoptr(fdar_profile) one = read_with(dir, 1, seen), two = read_with(dir, 2, NULL);
	g_assert_cmpuint(seen->len, ==, SESSIONS);
	g_assert_true(fdar_profile_equal(one, two));
	group = fdar_profile_group(one, FDAR_PROFILE_ALL);
	g_assert_cmpuint(group->counted_sessions, ==, SESSIONS);
	g_assert_cmpuint(group->counts[FDAR_COUNT_FAULT], ==,
			 1999 + 1); /* 666 x (0 + 1 + 2), 0, 1 */
	g_assert_cmpuint(group->counts[FDAR_COUNT_MIGRATION], ==, 667);
	g_assert_cmpuint(group->counts[FDAR_COUNT_MAJOR], ==, 1);
	g_assert_cmpuint(group->counts_estimated, ==, 2 * 666); /* of records that stand for two */
	g_assert_cmpuint(one->groups[0].counts[FDAR_COUNT_FAULT], ==, 1);
	remove_tree(dir);
}

static struct fdar_profile *there_and_back(const struct fdar_profile *profile)
{
	g_autoptr(GBytes) bytes = fdar_profile_encode(profile, NULL);
	gsize length;
	const void *data = g_bytes_get_data(bytes, &length);

	return fdar_profile_decode(data, length, "p", NULL, NULL);
}

/* With one of which nobody counted, as older ones are: its sessions are not among those that were. */
static void test_files(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-counts-XXXXXX", NULL);
	const struct fdar_profile_group *group;

	write_trace(dir);
	write_counts(dir, FALSE);
	g_autoptr(fdar_profile) uncounted = read_with(dir, 1, NULL);
	write_counts(dir, TRUE);
	g_autoptr(fdar_profile) counted = read_with(dir, 1, NULL);
	g_autoptr(fdar_profile) read = there_and_back(counted);
	g_assert_true(fdar_profile_equal(counted, read));
	g_assert_false(fdar_profile_equal(counted, uncounted));
	group = fdar_profile_group(uncounted, FDAR_PROFILE_ALL);
	g_assert_cmpuint(group->counted_sessions, ==, 0);
	fdar_profile_merge(read, uncounted);
	fdar_profile_merge(read, counted);
	group = fdar_profile_group(read, FDAR_PROFILE_ALL);
	g_assert_cmpuint(group->sessions, ==, 3 * SESSIONS);
	g_assert_cmpuint(group->counted_sessions, ==, 2 * SESSIONS);
	g_assert_cmpuint(group->counts[FDAR_COUNT_FAULT], ==, 2 * 2000);
	g_assert_cmpuint(group->counts_estimated, ==, 2 * 2 * 666);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile_counts/of_sessions", test_of_sessions);
	g_test_add_func("/profile_counts/files", test_files);
	return g_test_run();
}
