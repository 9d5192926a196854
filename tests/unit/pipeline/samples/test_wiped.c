/* Bytes that grow leave nothing behind. */
#include "pipeline/samples/wiped.h"

static void test_grow(void)
{
	struct fdar_wiped wiped = fdar_wiped_new();
	static const guint8 secret[] = { 1, 2, 3, 4, 5, 6, 7 };
	guint moved = 0;

	for (guint i = 0; i < 20000; i++) {
		GByteArray *before = g_byte_array_ref(wiped.bytes);
		const guint8 *data = before->data;
		gboolean has_room = wiped.room - before->len >= sizeof(secret);

		fdar_wiped_append(&wiped, secret, sizeof(secret));
		g_assert_true((wiped.bytes == before) == has_room);
		if (has_room) /* not moved by the library underneath either */
			g_assert_true(wiped.bytes->data == data);
		else
			moved++;
		for (guint k = 0; !has_room && k < before->len; k++)
			g_assert_cmpuint(before->data[k], ==, 0);
		g_byte_array_unref(before);
	}
	g_assert_cmpuint(moved, >, 3);
	g_assert_cmpuint(moved, <, 20);
	g_assert_cmpuint(wiped.bytes->len, ==, 20000 * sizeof(secret));
	for (guint i = 0; i < wiped.bytes->len; i++)
		g_assert_cmpuint(wiped.bytes->data[i], ==, secret[i % sizeof(secret)]);
	fdar_wiped_clear(&wiped);
}

static void test_empty(void)
{
	struct fdar_wiped wiped = fdar_wiped_new();
	GByteArray *bytes;

	fdar_wiped_empty(&wiped);
	fdar_wiped_append(&wiped, "secret", 6);
	bytes = g_byte_array_ref(wiped.bytes);
	fdar_wiped_empty(&wiped);
	g_assert_cmpuint(bytes->len, ==, 0);
	g_assert_cmpuint(bytes->data[0] | bytes->data[5], ==, 0);
	fdar_wiped_append(&wiped, "secret", 6);
	fdar_wiped_clear(&wiped);
	g_assert_cmpuint(bytes->data[0] | bytes->data[5], ==, 0);
	g_byte_array_unref(bytes);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wiped/grow", test_grow);
	g_test_add_func("/wiped/empty", test_empty);
	return g_test_run();
}
