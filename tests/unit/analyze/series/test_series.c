/* Series: what changed is found, what did not is not more often than it says, one run alone is an outlier. */
#include "analyze/series/series.h"

#include <math.h>

static guint changes(const double *values, guint count, guint *first)
{
	g_autofree struct fdar_series_point *points = fdar_series_points(values, count);
	guint found = 0;

	for (guint i = 0; i < count; i++) {
		if (points[i].changed && !found++ && first)
			*first = i;
	}
	return found;
}

static void test_step(void)
{
	const double values[] = { 10, 10.2, 9.9, 10.1, 10, 20, 20.3, 19.8, 20.1, 20 };
	g_autofree struct fdar_series_point *points =
		fdar_series_points(values, G_N_ELEMENTS(values));

	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		g_assert_cmpint(points[i].changed, ==, i == 5);
		g_assert_false(points[i].outlier);
	}
	g_assert_cmpfloat(fabs(points[5].factor - 2), <, 0.05);
}

static void test_two_steps(void)
{
	double values[30];

	for (guint i = 0; i < 30; i++)
		values[i] = (i < 10 ? 1 : i < 20 ? 3 : 2) * (1 + 0.02 * (i % 3));
	g_autofree struct fdar_series_point *points = fdar_series_points(values, 30);

	for (guint i = 0; i < 30; i++)
		g_assert_cmpint(points[i].changed, ==, i == 10 || i == 20);
	g_assert_cmpfloat(fabs(points[20].factor - 2.0 / 3), <, 0.05);
}

static void test_outlier(void)
{
	const double values[] = { 10, 10.2, 9.9, 10.1, 40, 10, 10.3, 9.8, 10.1, 10 };
	g_autofree struct fdar_series_point *points =
		fdar_series_points(values, G_N_ELEMENTS(values));

	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		g_assert_cmpint(points[i].outlier, ==, i == 4);
		g_assert_false(points[i].changed);
	}
}

/* Those without a value are passed over, and few say nothing. */
static void test_few(void)
{
	const double values[] = { 1, 1, 5, 5, 5 }, eight[] = { 1, 1.1, 1, 0.9, 5, 5.1, 4.9, 5 },
		     holes[] = { 1, 0, 1.1, NAN, 1, 0.9, 5, 5.1, 0, 4.9, 5 };
	guint first = 0;

	g_assert_cmpuint(changes(eight, 7, NULL), ==, 0);
	g_assert_cmpuint(changes(eight, 8, &first), ==, 1);
	g_assert_cmpuint(first, ==, 4);
	g_assert_cmpuint(changes(values, 5, NULL), ==, 0);
	g_assert_cmpuint(changes(values, 0, NULL), ==, 0);
	g_assert_cmpuint(changes(holes, G_N_ELEMENTS(holes), &first), ==, 1);
	g_assert_cmpuint(first, ==, 6);
}

/* Nothing changes in 400 series of 20: about 20 of them say so all the same. */
static void test_false_alarms(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);
	guint alarms = 0;

	for (guint n = 0; n < 400; n++) {
		double values[20];

		/* Skewed, as times are. */
		for (guint i = 0; i < 20; i++)
			values[i] = exp(-log(1 - g_rand_double(rand)));
		alarms += changes(values, 20, NULL) > 0;
	}
	g_test_message("%u of 400", alarms);
	g_assert_cmpuint(alarms, >, 4);
	g_assert_cmpuint(alarms, <, 36);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/series/step", test_step);
	g_test_add_func("/series/two-steps", test_two_steps);
	g_test_add_func("/series/outlier", test_outlier);
	g_test_add_func("/series/few", test_few);
	g_test_add_func("/series/false-alarms", test_false_alarms);
	return g_test_run();
}
