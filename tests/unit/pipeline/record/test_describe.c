/* What is said of a run, of which the server's processes told what cannot be. */
#include <glib/gstdio.h>

#include "pipeline/record/record_run.h"
#include "tests/unit/kit/remove_tree.h"

static void describe(const struct fdar_control_counts *counts, struct fdar_recording_info *info)
{
	struct fdar_record_options options = { 0 };
	g_autoptr(GPtrArray) warnings = g_ptr_array_new();
	g_autofree char *dir = g_dir_make_tmp("test-describe-XXXXXX", NULL);
	struct fdar_record_folder folder = { .path = dir, .trace = dir, .shown = dir, .fd = -1 };
	struct fdar_run run = {
		.options = &options, .counts = *counts, .warnings = warnings, .ended = "interrupted"
	};

	fdar_run_describe(&run, &folder, info);
	remove_tree(dir);
}

static void test_price(void)
{
	const struct fdar_control_counts counts = { .calls = 10,
						    .write_ns = 20,
						    .price_measured = 2,
						    .price_ps = 14000,
						    .price_inner_ps = 6000,
						    .price_squares = 98000200 };
	struct fdar_recording_info info = { 0 };

	describe(&counts, &info);
	g_assert_cmpuint(info.price_inner_ps, ==, 3000);
	g_assert_cmpuint(info.price_outer_ps, ==, 6000);
	g_assert_cmpuint(info.price_spread_ps, ==, 10);
	fdar_recording_info_clear(&info);
}

static void test_absurd_price(void)
{
	const struct fdar_control_counts counts = { .calls = 1,
						    .write_ns = UINT64_MAX,
						    .price_measured = 1,
						    .price_ps = UINT64_MAX,
						    .price_inner_ps = 5,
						    .price_squares = UINT64_MAX };
	struct fdar_recording_info info = { 0 };

	describe(&counts, &info);
	g_assert_cmpuint(info.price_inner_ps, ==, 5);
	g_assert_cmpuint(info.price_outer_ps, ==, (uint64_t)G_MAXINT64 - 5);
	g_assert_cmpuint(info.price_spread_ps, ==, 0);
	fdar_recording_info_clear(&info);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/describe/price", test_price);
	g_test_add_func("/describe/absurd-price", test_absurd_price);
	return g_test_run();
}
