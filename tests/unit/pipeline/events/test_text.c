/* Interned texts: dense ids, equality, cleaning, bounds. */
#include <string.h>

#include "pipeline/events/arena.h"
#include "pipeline/events/text.h"

#include <glib.h>

static void test_ids(void)
{
	struct fdar_texts *texts = fdar_texts_new();

	g_assert_cmpuint(fdar_texts_id(texts, "one"), ==, 1);
	g_assert_cmpuint(fdar_texts_id(texts, "two"), ==, 2);
	g_assert_cmpuint(fdar_texts_id(texts, "one"), ==, 1);
	g_assert_cmpuint(fdar_texts_id(texts, ""), ==, 0);
	g_assert_cmpuint(fdar_texts_id(texts, NULL), ==, 0);
	g_assert_cmpstr(fdar_texts_get(texts, 2), ==, "two");
	g_assert_cmpstr(fdar_texts_get(texts, 0), ==, "");
	g_assert_cmpstr(fdar_texts_get(texts, 77), ==, "");
	g_assert_cmpuint(fdar_texts_count(texts), ==, 3);
	fdar_texts_free(texts);
	fdar_texts_free(NULL);
}

static void test_cleaning(void)
{
	struct fdar_texts *texts = fdar_texts_new();
	uint32_t id = fdar_texts_id(texts, "a\x1b[2J\nb");

	g_assert_cmpstr(fdar_texts_get(texts, id), ==, "a?[2J?b");
	g_assert_cmpuint(fdar_texts_id(texts, "a\x1b[2J\nb"), ==, id);
	g_assert_cmpuint(fdar_texts_id(texts, "a?[2J?b"), ==, id);
	id = fdar_texts_id(texts, "bad\xff");
	g_assert_true(g_utf8_validate(fdar_texts_get(texts, id), -1, NULL));
	id = fdar_texts_id(texts, "c1\xc2\x9b");
	g_assert_cmpstr(fdar_texts_get(texts, id), ==, "c1\xc2\xbf");
	id = fdar_texts_id(texts, "gr\xc3\xbc\xc3\x9f");
	g_assert_cmpstr(fdar_texts_get(texts, id), ==, "gr\xc3\xbc\xc3\x9f");
	fdar_texts_free(texts);
}

static void test_length(void)
{
	g_autofree char *plain = g_strnfill(FDAR_TEXTS_MAX_LENGTH + 100, 'x');
	g_autofree char *bad = g_strnfill(FDAR_TEXTS_MAX_LENGTH, (char)0xff);
	g_autofree char *wide = g_strnfill(FDAR_TEXTS_MAX_LENGTH - 1, 'x');
	g_autofree char *split = g_strconcat(wide, "\xe2\x82\xac and more", NULL);
	struct fdar_texts *texts = fdar_texts_new();
	uint32_t id = fdar_texts_id(texts, plain);

	g_assert_cmpuint(strlen(fdar_texts_get(texts, id)), ==, FDAR_TEXTS_MAX_LENGTH);
	g_assert_cmpuint(fdar_texts_id(texts, plain), ==, id);
	id = fdar_texts_id(texts, bad);
	g_assert_cmpuint(strlen(fdar_texts_get(texts, id)), <=, FDAR_TEXTS_MAX_LENGTH);
	g_assert_true(g_utf8_validate(fdar_texts_get(texts, id), -1, NULL));
	/* A character across the bound goes as a whole. */
	g_assert_cmpstr(fdar_texts_get(texts, fdar_texts_id(texts, split)), ==, wide);
	fdar_texts_free(texts);
}

static void test_bound(void)
{
	struct fdar_texts *texts = fdar_texts_new();
	uint32_t last = 0;

	for (unsigned i = 0; i < FDAR_TEXTS_MAX_COUNT + 1000; i++) {
		char text[16];

		g_snprintf(text, sizeof(text), "t%u", i);
		last = fdar_texts_id(texts, text);
	}
	g_assert_cmpstr(fdar_texts_get(texts, last), ==, FDAR_TEXTS_OVERFLOW);
	g_assert_cmpuint(fdar_texts_count(texts), <=, FDAR_TEXTS_MAX_COUNT + 1);
	g_assert_cmpuint(fdar_texts_id(texts, "t5"), ==, 6);
	fdar_texts_free(texts);
}

static void test_arena(void)
{
	struct fdar_arena *arena = fdar_arena_new();
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	for (int round = 0; round < 3; round++) {
		g_ptr_array_set_size(kept, 0);
		for (size_t i = 0; i < 2000; i++) {
			size_t length = i * 37 % 20000;
			char *bytes = fdar_arena_alloc(arena, length);

			memset(bytes, (int)(i % 100 + 1), length);
			g_ptr_array_add(kept, bytes);
		}
		for (size_t i = 0; i < 2000; i++) {
			const char *bytes = g_ptr_array_index(kept, i);
			size_t length = i * 37 % 20000;

			g_assert_cmpuint(strlen(bytes), ==, length);
			g_assert_true(!length || bytes[length - 1] == (char)(i % 100 + 1));
		}
		g_assert_cmpuint(fdar_arena_used(arena), >, 2000);
		fdar_arena_reset(arena);
		g_assert_cmpuint(fdar_arena_used(arena), ==, 0);
	}
	fdar_arena_free(arena);
	fdar_arena_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/ids", test_ids);
	g_test_add_func("/text/cleaning", test_cleaning);
	g_test_add_func("/text/length", test_length);
	g_test_add_func("/text/bound", test_bound);
	g_test_add_func("/text/arena", test_arena);
	return g_test_run();
}
