/* Names of a Go program's functions, from the table of its tracebacks. */
#include "pipeline/elf/go_names.h"

#include <string.h>

#define TEXT   0x401000u
#define NAMES  0x80u
#define STARTS 0xa0u

struct made {
	uint8_t bytes[0x100];
};

static void put(struct made *made, size_t at, uint64_t value, size_t width)
{
	memcpy(made->bytes + at, &value, width);
}

/* Two functions of 0x20 and 0x40 bytes. more: words of the head that 1.16 did not have. */
static struct made make(uint32_t magic, unsigned more, uint64_t text)
{
	static const char names[] = "main.render\0main.parse";
	unsigned width = more ? 4 : 8;
	uint64_t base = more ? 0 : TEXT;
	const uint64_t pairs[] = { base, 0x30, base + 0x20, 0x40, base + 0x60 };
	struct made made = { { 0 } };

	put(&made, 0, magic, 4);
	made.bytes[6] = 1;
	made.bytes[7] = 8;
	put(&made, 8, 2, 8);
	if (more)
		put(&made, 8 + 8 * 2, text, 8);
	put(&made, 8 + 8 * (2 + more), NAMES, 8);
	put(&made, 8 + 8 * (6 + more), STARTS, 8);
	memcpy(made.bytes + NAMES, names, sizeof(names));
	for (unsigned i = 0; i < G_N_ELEMENTS(pairs); i++)
		put(&made, STARTS + (size_t)i * width, pairs[i], width);
	put(&made, STARTS + 0x30 + width, 0, 4);
	put(&made, STARTS + 0x40 + width, strlen("main.render") + 1, 4);
	return made;
}

static void check(const struct made *made, uint64_t text, uint64_t address, const char *name,
		  uint64_t start)
{
	uint64_t told = 0;
	g_autofree char *found =
		fdar_go_name_find(made->bytes, sizeof(made->bytes), text, address, &told);

	g_assert_cmpstr(found, ==, name);
	if (name)
		g_assert_cmphex(told, ==, start);
}

static void check_all(const struct made *made, uint64_t text)
{
	check(made, text, TEXT - 1, NULL, 0);
	check(made, text, TEXT, "main.render", TEXT);
	check(made, text, TEXT + 0x1f, "main.render", TEXT);
	check(made, text, TEXT + 0x20, "main.parse", TEXT + 0x20);
	check(made, text, TEXT + 0x5f, "main.parse", TEXT + 0x20);
	check(made, text, TEXT + 0x60, NULL, 0);
}

static void test_versions(void)
{
	struct made of_1_16 = make(0xfffffffa, 0, 0), of_1_18 = make(0xfffffff0, 1, TEXT);
	struct made of_1_20 = make(0xfffffff1, 1, TEXT), moved = make(0xfffffff1, 1, 0);
	struct made later = make(0xfffffff2, 1, TEXT);

	check_all(&of_1_16, 0);
	check_all(&of_1_18, 0);
	check_all(&of_1_20, 0);
	/* It does not say where its text begins: whoever asks does, or nothing is named. */
	check_all(&moved, TEXT);
	check(&moved, 0, TEXT, NULL, 0);
	check(&later, 0, TEXT, NULL, 0);
}

/* What is not in it is not read: every length, with the sanitizers looking. */
static void test_cut(void)
{
	struct made made = make(0xfffffff1, 1, TEXT);

	for (gsize length = 0; length < sizeof(made.bytes); length++) {
		g_autofree uint8_t *bytes = g_memdup2(made.bytes, length);
		uint64_t start;
		g_autofree char *name = fdar_go_name_find(bytes, length, 0, TEXT + 0x20, &start);

		g_assert_true(!name || length > NAMES);
	}
}

/* A name has an end, and not the table's. */
static void test_long(void)
{
	struct made made = make(0xfffffff1, 1, TEXT);
	gsize length = sizeof(made.bytes) + 5000;
	g_autofree uint8_t *bytes = g_malloc(length);
	g_autofree char *name = NULL;
	uint64_t start;

	put(&made, 8 + 8 * 3, sizeof(made.bytes), 8);
	memset(bytes, 'x', length);
	memcpy(bytes, made.bytes, sizeof(made.bytes));
	bytes[length - 1] = 0;
	g_assert_null(fdar_go_name_find(bytes, length, 0, TEXT, &start));
	bytes[sizeof(made.bytes) + 100] = 0;
	name = fdar_go_name_find(bytes, length, 0, TEXT, &start);
	g_assert_cmpuint(strlen(name), ==, 100);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/go_names/versions", test_versions);
	g_test_add_func("/go_names/cut", test_cut);
	g_test_add_func("/go_names/long", test_long);
	return g_test_run();
}
