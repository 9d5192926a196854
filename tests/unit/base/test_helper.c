/* A helper: all that is sent is done, once, in order, by another thread; and done when it was waited for. */
#include "base/helper.h"

#include <string.h>

struct heard {
	GThread *by;
	guint64 count;
	guint64 sum;
	guint64 next; /* the number that is to come */
};

static void hear(void *user, const void *bytes, size_t length)
{
	struct heard *heard = user;
	const guint64 *numbers = bytes;

	heard->by = g_thread_self();
	for (size_t i = 0; i < length / sizeof(*numbers); i++) {
		g_assert_cmpuint(numbers[i], ==, heard->next);
		heard->next++;
		heard->sum += numbers[i];
	}
	heard->count++;
}

/* Lots of all sizes, the whole ring several times over; drained now and then. */
static void test_order(void)
{
	g_autoptr(fdar_helper) helper = fdar_helper_new();
	g_autofree guint64 *numbers = g_malloc(FDAR_HELPER_BYTES);
	guint64 most = FDAR_HELPER_BYTES / sizeof(*numbers), said = 0;
	struct heard heard = { 0 };

	for (guint64 lot = 0; lot < 10 * FDAR_HELPER_LOTS; lot++) {
		guint64 count = lot % 3 ? 1 + lot * 7 % most : most;

		for (guint64 i = 0; i < count; i++)
			numbers[i] = said++;
		fdar_helper_send(helper, numbers, count * sizeof(*numbers), hear, &heard);
		/* They are the sender's again. */
		memset(numbers, 0xff, count * sizeof(*numbers));
		if (lot % 50 == 7) {
			fdar_helper_drain(helper);
			g_assert_cmpuint(heard.count, ==, lot + 1);
			g_assert_cmpuint(heard.next, ==, said);
		}
	}
	fdar_helper_drain(helper);
	fdar_helper_drain(helper);
	g_assert_cmpuint(heard.count, ==, 10 * FDAR_HELPER_LOTS);
	g_assert_cmpuint(heard.sum, ==, said * (said - 1) / 2);
	g_assert_true(heard.by && heard.by != g_thread_self());
}

/* What was sent before the end is done. */
static void test_end(void)
{
	for (guint64 lots = 0; lots < 3; lots++) {
		struct fdar_helper *helper = fdar_helper_new();
		struct heard heard = { 0 };

		for (guint64 i = 0; i < lots; i++)
			fdar_helper_send(helper, &i, sizeof(i), hear, &heard);
		fdar_helper_free(helper);
		g_assert_cmpuint(heard.count, ==, lots);
	}
	fdar_helper_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/helper/order", test_order);
	g_test_add_func("/helper/end", test_end);
	return g_test_run();
}
