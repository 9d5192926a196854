/* Our decoder of CTF against libbabeltrace2, event for event: on real traces, on traces with
 * everything that LTTng-UST could write and more, and on traces that are in pieces. */

#include "tests/ctf/compare.h"
#include "tests/ctf/random_trace.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define RANDOM_TRACES 120

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-ctf-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

/* Both say the same, and it was our decoder that was asked. */
static void assert_same(const char *path, uint64_t least)
{
	struct compared compared = compare_decoders(path);

	if (compared.refusal)
		g_test_message("%s: refused: %s", path, compared.refusal);
	if (compared.difference)
		g_test_message("%s: %s", path, compared.difference);
	g_assert_true(compared.ours);
	g_assert_null(compared.difference);
	g_assert_cmpuint(compared.events, >=, least);
	compared_clear(&compared);
}

/* ---- real traces ---- */

/* All that have events and are not for libbabeltrace2: of a kernel, of barectf, or with attributes
 * that nobody knows. */
static const char *const shared_traces[] = {
	"cyg-profile/glxgears-cyg-profile",
	"cyg-profile/glxgears-cyg-profile-fast",
	"debuginfo-test-app2",
	"intersection/3eventsintersect",
	"intersection/3eventsintersectreverse",
	"intersection/nointersect",
	"intersection/onestream",
	"packet-seq-num/2-lost-before-last",
	"packet-seq-num/2-streams-lost-in-1",
	"packet-seq-num/2-streams-lost-in-2",
	"packet-seq-num/7-lost-between-2-with-index",
	"packet-seq-num/no-lost",
	"packet-seq-num/no-lost-not-starting-at-0",
	"succeed/2packets",
	"succeed/array-align-elem",
	"succeed/crlf-metadata",
	"succeed/debug-info",
	"succeed/env-warning",
	"succeed/ev-disc-no-ts-begin-end",
	"succeed/lf-metadata",
	"succeed/lttng-crash",
	"succeed/lttng-event-after-packet",
	"succeed/meta-variant-no-underscore",
	"succeed/meta-variant-one-underscore",
	"succeed/meta-variant-reserved-keywords",
	"succeed/meta-variant-same-with-underscore",
	"succeed/meta-variant-two-underscores",
	"succeed/multi-domains/ust",
	"succeed/no-packet-context",
	"succeed/sequence",
	"succeed/session-rotation",
	"succeed/smalltrace",
	"succeed/struct-array-align-elem",
	"succeed/succeed1",
	"succeed/succeed2",
	"succeed/trace-with-index",
	"succeed/wk-heartbeat-u",
};

static void test_shared(gconstpointer data)
{
	const char *shared = g_getenv("FLOWDAR_SHARED");
	g_autofree char *fallback = g_build_filename(TEST_SOURCE_DIR, "..", "shared", NULL);
	g_autofree char *path = g_build_filename(shared ? shared : fallback, "traces", data, NULL);

	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		assert_same(path, 1);
	else
		g_test_skip_printf("%s is not there", path);
}

/* ---- made-up traces ---- */

static void test_random(void)
{
	g_autofree char *dir = scratch();

	for (guint32 seed = 1; seed <= RANDOM_TRACES; seed++) {
		g_autofree char *name = g_strdup_printf("%u", seed);
		g_autofree char *trace = g_build_filename(dir, name, NULL);

		random_trace_write(trace, seed, TRUE);
		assert_same(trace, 0);
	}
	remove_tree(dir);
}

/* The same streams with the metadata of CTF 2: what libbabeltrace2 says of them with that of CTF 1.8. */
static void test_pairs(void)
{
	g_autofree char *dir = scratch();

	for (guint32 seed = 1; seed <= RANDOM_TRACES; seed++) {
		g_autofree char *old = g_strdup_printf("%s/old-%u", dir, seed);
		g_autofree char *new = g_strdup_printf("%s/new-%u", dir, seed);
		struct compared compared;

		random_trace_write_pair(old, new, seed);
		compared = compare_packed(new, old);
		if (compared.refusal || compared.difference)
			g_test_message("seed %u: %s", seed,
				       compared.refusal ? compared.refusal : compared.difference);
		g_assert_true(compared.ours);
		g_assert_null(compared.difference);
		compared_clear(&compared);
	}
	remove_tree(dir);
}

/* Traces that somebody else wrote in both. */
static void test_shared_pairs(void)
{
	static const char *const names[] = { "ev-disc-no-ts-begin-end", "lttng-crash",
					     "meta-variant-no-underscore", "trace-with-index" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *old = g_strdup_printf("%s/../shared/traces/succeed/%s",
						       TEST_SOURCE_DIR, names[i]);
		g_autofree char *new =
			g_strdup_printf("%s/../shared/traces/ctf2/%s", TEST_SOURCE_DIR, names[i]);
		struct compared compared;

		if (!g_file_test(new, G_FILE_TEST_IS_DIR)) {
			g_test_skip_printf("%s is not there", new);
			return;
		}
		compared = compare_packed(new, old);
		g_assert_cmpstr(compared.refusal, ==, NULL);
		g_assert_cmpstr(compared.difference, ==, NULL);
		g_assert_true(compared.ours);
		compared_clear(&compared);
	}
}

/* Two traces at the same times, of which one is there twice. */
static void test_copies(void)
{
	g_autofree char *dir = scratch();
	static const char *const names[] = { "one", "two" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *below = g_build_filename(dir, names[i], NULL);
		struct tiny_trace *trace = tiny_trace_new(below);
		uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");

		for (uint64_t event = 0; event < 20; event++) {
			tiny_trace_event(trace, entry, event, 1, 2, event < 10 ? "a" : "b");
			tiny_trace_u64(trace, event);
			if (event % 5 == 4)
				tiny_trace_packet(trace, event);
		}
		tiny_trace_close(trace);
	}
	assert_same(dir, 20);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(shared_traces); i++) {
		g_autofree char *path = g_strconcat("/ctf/shared/", shared_traces[i], NULL);

		g_test_add_data_func(path, shared_traces[i], test_shared);
	}
	g_test_add_func("/ctf/random", test_random);
	g_test_add_func("/ctf/pairs", test_pairs);
	g_test_add_func("/ctf/shared-pairs", test_shared_pairs);
	g_test_add_func("/ctf/copies", test_copies);
	return g_test_run();
}
