/* Pages: zeroed and aligned whatever their size, and what was in them stays when they grow. */
#include "base/pages.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

/* Around each size from which on they are made in another way. */
static const size_t sizes[] = {
	1,
	63,
	64,
	1000,
	(128 << 10) - 1,
	128 << 10,
	(128 << 10) + 1,
	(4 << 20) - 1,
	4 << 20,
	(4 << 20) + 1,
	(6 << 20) + 12345,
	17 << 20,
};

static gboolean is_filled(const unsigned char *bytes, size_t length, unsigned char with)
{
	return !length || (bytes[0] == with && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static void test_new(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		unsigned char *pages = fdar_pages_new(sizes[i]);

		g_assert_cmpuint((guintptr)pages % 64, ==, 0);
		g_assert_true(is_filled(pages, sizes[i], 0));
		memset(pages, 0xa5, sizes[i]);
		fdar_pages_free(pages, sizes[i]);
	}
	fdar_pages_free(NULL, 0);
}

static void check_growth(size_t bytes, size_t more)
{
	unsigned char *pages = fdar_pages_grow(NULL, 0, bytes);

	memset(pages, 0x5a, bytes);
	pages = fdar_pages_grow(pages, bytes, more);
	g_assert_cmpuint((guintptr)pages % 64, ==, 0);
	g_assert_true(is_filled(pages, bytes, 0x5a));
	g_assert_true(is_filled(pages + bytes, more - bytes, 0));
	memset(pages, 0xa5, more);
	fdar_pages_free(pages, more);
}

static void test_grow(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		for (gsize j = i; j < G_N_ELEMENTS(sizes); j++)
			check_growth(sizes[i], sizes[j]);
}

static gboolean is_one_mapping(const unsigned char *pages, size_t bytes)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long long from, to, begin = (guintptr)pages;
	gboolean found = FALSE;
	char line[4096];

	g_assert_nonnull(maps);
	while (!found && fgets(line, sizeof(line), maps))
		found = sscanf(line, "%llx-%llx", &from, &to) == 2 && from <= begin &&
			to >= begin + bytes;
	fclose(maps);
	return found;
}

/* What has grown can grow: older kernels move one mapping at a time. */
static void test_grow_again(void)
{
	size_t bytes = 4 << 20;
	unsigned char *pages = fdar_pages_new(bytes);

	memset(pages, 1, bytes);
	for (unsigned char i = 2; i < 6; i++) {
		pages = fdar_pages_grow(pages, bytes, 2 * bytes);
		g_assert_true(is_filled(pages + bytes, bytes, 0));
		memset(pages + bytes, i, bytes);
		g_assert_true(is_filled(pages + bytes / 2, bytes / 2, i - 1));
		bytes *= 2;
		g_assert_true(is_one_mapping(pages, bytes));
	}
	fdar_pages_free(pages, bytes);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pages/new", test_new);
	g_test_add_func("/pages/grow", test_grow);
	g_test_add_func("/pages/grow-again", test_grow_again);
	return g_test_run();
}
