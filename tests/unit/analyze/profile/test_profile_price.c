/* What recording cost: of tiny calls nearly all that is seen, of long ones nothing. */
#include "analyze/profile/profile_price.h"
#include "tests/unit/kit/diff_script.h"

/* Sessions of a loop that makes calls; what is seen of each: inner in it, outer in the loop. */
static struct fdar_profile *calls(int count, int inner_ns, int outer_ns)
{
	struct writer writer;

	writer_init(&writer, 1);
	writer.spacing = 10 * MS;
	for (int i = 0; i < 5; i++) {
		begin(&writer, "");
		run(&writer, "parse", 100 * US);
		say(&writer, "+loop");
		for (int call = 0; call < count; call++) {
			writer.now += outer_ns;
			say(&writer, "+step");
			writer.now += inner_ns;
			say(&writer, "-step");
		}
		say(&writer, "-loop");
		end(&writer);
	}
	return profile_of(&writer);
}

static void test_tiny(void)
{
	g_autoptr(fdar_profile) profile = calls(1000, 60, 130);
	struct fdar_profile_price price = fdar_profile_price_find(profile);
	const struct fdar_profile_group *group = &profile->groups[1];

	g_assert_cmpfloat_with_epsilon(price.inner_ns, 60, 1);
	g_assert_cmpfloat_with_epsilon(price.outer_ns, 130, 1);
	/* Parse and the loop are called, too, which nobody notices. */
	g_assert_cmpfloat(fdar_profile_price_of(profile, group, &price) / 5, >, 189 * US);
	g_assert_cmpfloat(fdar_profile_price_of(profile, group, &price) / 5, <, 192 * US);
}

/* Few calls, long calls, and much done between short ones. */
static void test_nothing(void)
{
	g_autoptr(fdar_profile) few = calls(100, 60, 130);
	g_autoptr(fdar_profile) slow = calls(1000, 500, 130);
	g_autoptr(fdar_profile) between = calls(1000, 60, 5000);

	g_assert_cmpfloat(fdar_profile_price_find(few).inner_ns, ==, 0);
	g_assert_cmpfloat(fdar_profile_price_find(slow).inner_ns, ==, 0);
	g_assert_cmpfloat(fdar_profile_price_find(slow).outer_ns, ==, 0);
	g_assert_cmpfloat_with_epsilon(fdar_profile_price_find(between).outer_ns, 60, 1);
}

/* Two functions that call each other, as a matcher with backtracking: what they do themselves looks like the
 * price of calls that the tree has folded. */
static void test_recursive(void)
{
	struct writer writer;

	writer_init(&writer, 1);
	writer.spacing = 10 * MS;
	for (int i = 0; i < 5; i++) {
		begin(&writer, "");
		say(&writer, "+match");
		for (int call = 0; call < 1000; call++) {
			static const char *const path[] = { "+split", "+match", "+split",
							    "-split", "-match", "-split" };

			for (guint step = 0; step < G_N_ELEMENTS(path); step++) {
				writer.now += 45;
				say(&writer, path[step]);
			}
		}
		say(&writer, "-match");
		end(&writer);
	}
	g_autoptr(fdar_profile) profile = profile_of(&writer);
	g_assert_cmpfloat(fdar_profile_price_find(profile).inner_ns, ==, 0);
	g_assert_cmpfloat(fdar_profile_price_find(profile).outer_ns, ==, 0);
}

/* Of calls that mostly do something the shortest tell the price. */
static void test_varied(void)
{
	struct writer writer;

	writer_init(&writer, 1);
	writer.spacing = 10 * MS;
	for (int i = 0; i < 5; i++) {
		begin(&writer, "");
		say(&writer, "+loop");
		for (int call = 0; call < 1000; call++) {
			writer.now += 400;
			say(&writer, "+step");
			writer.now += call % 10 ? 120 : 12;
			say(&writer, "-step");
		}
		say(&writer, "-loop");
		end(&writer);
	}
	g_autoptr(fdar_profile) profile = profile_of(&writer);
	g_assert_cmpfloat_with_epsilon(fdar_profile_price_find(profile).inner_ns, 12, 1);
	g_assert_cmpfloat_with_epsilon(fdar_profile_price_find(profile).outer_ns, 30, 3);
}

/* Measured while it was recorded: that counts, but for no more than the cheapest call took. */
static void test_measured(void)
{
	g_autoptr(fdar_profile) profile = calls(1000, 60, 130);
	g_autoptr(fdar_profile) sum = fdar_profile_new();

	profile->price_measured = 10;
	profile->price_inner_ps = 10 * 48000;
	profile->price_outer_ps = 10 * 90000;
	profile->price_spread_ps = 10 * 3000;
	struct fdar_profile_price price = fdar_profile_price_find(profile);
	g_assert_cmpfloat_with_epsilon(price.inner_ns, 48, 0.01);
	g_assert_cmpfloat_with_epsilon(price.outer_ns, 90, 0.01);
	g_assert_cmpfloat_with_epsilon(price.spread_ns, 3, 0.01);

	profile->price_inner_ps = 10 * 75000;
	g_assert_cmpfloat_with_epsilon(fdar_profile_price_find(profile).inner_ns, 60, 1);
	profile->price_inner_ps = 10 * 48000;

	fdar_profile_merge(sum, profile);
	fdar_profile_merge(sum, profile);
	g_assert_cmpfloat_with_epsilon(fdar_profile_price_find(sum).inner_ns, 48, 0.01);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile-price/tiny", test_tiny);
	g_test_add_func("/profile-price/nothing", test_nothing);
	g_test_add_func("/profile-price/recursive", test_recursive);
	g_test_add_func("/profile-price/varied", test_varied);
	g_test_add_func("/profile-price/measured", test_measured);
	return g_test_run();
}
