/* Interned texts: dense ids, equality, cleaning, bounds. */
#include <string.h>

#include "pipeline/events/arena.h"
#include "pipeline/events/text.h"

#include <glib.h>

static void test_ids(void)
{
	struct fd_texts *texts = fd_texts_new();

	g_assert_cmpuint(fd_texts_id(texts, "one"), ==, 1);
	g_assert_cmpuint(fd_texts_id(texts, "two"), ==, 2);
	g_assert_cmpuint(fd_texts_id(texts, "one"), ==, 1);
	g_assert_cmpuint(fd_texts_id(texts, ""), ==, 0);
	g_assert_cmpuint(fd_texts_id(texts, NULL), ==, 0);
	g_assert_cmpstr(fd_texts_get(texts, 2), ==, "two");
	g_assert_cmpstr(fd_texts_get(texts, 0), ==, "");
	g_assert_cmpstr(fd_texts_get(texts, 77), ==, "");
	g_assert_cmpuint(fd_texts_count(texts), ==, 3);
	fd_texts_free(texts);
	fd_texts_free(NULL);
}

static void test_cleaning(void)
{
	struct fd_texts *texts = fd_texts_new();
	uint32_t id = fd_texts_id(texts, "a\x1b[2J\nb");

	g_assert_cmpstr(fd_texts_get(texts, id), ==, "a?[2J?b");
	g_assert_cmpuint(fd_texts_id(texts, "a\x1b[2J\nb"), ==, id);
	g_assert_cmpuint(fd_texts_id(texts, "a?[2J?b"), ==, id);
	id = fd_texts_id(texts, "bad\xff");
	g_assert_true(g_utf8_validate(fd_texts_get(texts, id), -1, NULL));
	id = fd_texts_id(texts, "c1\xc2\x9b");
	g_assert_cmpstr(fd_texts_get(texts, id), ==, "c1\xc2\xbf");
	id = fd_texts_id(texts, "gr\xc3\xbc\xc3\x9f");
	g_assert_cmpstr(fd_texts_get(texts, id), ==, "gr\xc3\xbc\xc3\x9f");
	fd_texts_free(texts);
}

static void test_length(void)
{
	g_autofree char *plain = g_strnfill(FD_TEXTS_MAX_LENGTH + 100, 'x');
	g_autofree char *bad = g_strnfill(FD_TEXTS_MAX_LENGTH, (char)0xff);
	g_autofree char *wide = g_strnfill(FD_TEXTS_MAX_LENGTH - 1, 'x');
	g_autofree char *split = g_strconcat(wide, "\xe2\x82\xac and more", NULL);
	struct fd_texts *texts = fd_texts_new();
	uint32_t id = fd_texts_id(texts, plain);

	g_assert_cmpuint(strlen(fd_texts_get(texts, id)), ==, FD_TEXTS_MAX_LENGTH);
	g_assert_cmpuint(fd_texts_id(texts, plain), ==, id);
	id = fd_texts_id(texts, bad);
	g_assert_cmpuint(strlen(fd_texts_get(texts, id)), <=, FD_TEXTS_MAX_LENGTH);
	g_assert_true(g_utf8_validate(fd_texts_get(texts, id), -1, NULL));
	/* A character across the bound goes as a whole. */
	g_assert_cmpstr(fd_texts_get(texts, fd_texts_id(texts, split)), ==, wide);
	fd_texts_free(texts);
}

static void test_bound(void)
{
	struct fd_texts *texts = fd_texts_new();
	uint32_t last = 0;

	for (unsigned i = 0; i < FD_TEXTS_MAX_COUNT + 1000; i++) {
		char text[16];

		g_snprintf(text, sizeof(text), "t%u", i);
		last = fd_texts_id(texts, text);
	}
	g_assert_cmpstr(fd_texts_get(texts, last), ==, FD_TEXTS_OVERFLOW);
	g_assert_cmpuint(fd_texts_count(texts), <=, FD_TEXTS_MAX_COUNT + 1);
	g_assert_cmpuint(fd_texts_id(texts, "t5"), ==, 6);
	fd_texts_free(texts);
}

static void test_arena(void)
{
	struct fd_arena *arena = fd_arena_new();
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	for (int round = 0; round < 3; round++) {
		g_ptr_array_set_size(kept, 0);
		for (size_t i = 0; i < 2000; i++) {
			size_t length = i * 37 % 20000;
			char *bytes = fd_arena_alloc(arena, length);

			memset(bytes, (int)(i % 100 + 1), length);
			g_ptr_array_add(kept, bytes);
		}
		for (size_t i = 0; i < 2000; i++) {
			const char *bytes = g_ptr_array_index(kept, i);
			size_t length = i * 37 % 20000;

			g_assert_cmpuint(strlen(bytes), ==, length);
			g_assert_true(!length || bytes[length - 1] == (char)(i % 100 + 1));
		}
		g_assert_cmpuint(fd_arena_used(arena), >, 2000);
		fd_arena_reset(arena);
		g_assert_cmpuint(fd_arena_used(arena), ==, 0);
	}
	fd_arena_free(arena);
	fd_arena_free(NULL);
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
