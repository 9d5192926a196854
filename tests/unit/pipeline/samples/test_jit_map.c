/* Names of generated code, from the map that its program writes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/samples/jit_map.h"

#define NOBODY 0x7fffffff /* no process has this number */

static struct fdar_jit_map_pool *pool;

static void add(struct fdar_jit_map *map, const char *text)
{
	fdar_jit_map_add(map, text, strlen(text));
}

static void test_lines(void)
{
	struct fdar_jit_map *map = fdar_jit_map_new(pool, NOBODY, NOBODY, NULL);
	g_autofree char *longer = g_strnfill(2 * FDAR_JIT_MAP_LINE_MAX, 'x');

	add(map, "1000 20 first one\nno line\n2000 0 empty\nffffffffffffffff 8 wraps\n3000 8 \n40");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x1000), ==, "first one");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x101f), ==, "first one");
	g_assert_null(fdar_jit_map_name(map, 0x1020));
	g_assert_null(fdar_jit_map_name(map, 0xfff));
	g_assert_null(fdar_jit_map_name(map, 0x2000));
	g_assert_null(fdar_jit_map_name(map, 0x3000));
	g_assert_null(fdar_jit_map_name(map, 0xffffffffffffffff));
	/* The rest of a line that was not finished. */
	add(map, "00 10 later\n");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x4008), ==, "later");
	add(map, "5000 10 ");
	add(map, longer);
	add(map, "\n6000 10 next\n");
	g_assert_cmpuint(strlen(fdar_jit_map_name(map, 0x5000)), <, FDAR_JIT_MAP_LINE_MAX);
	g_assert_cmpstr(fdar_jit_map_name(map, 0x6000), ==, "next");
	fdar_jit_map_unref(map);
}

/* Code is thrown away and its place taken by other code. */
static void test_over(void)
{
	struct fdar_jit_map *map = fdar_jit_map_new(pool, NOBODY, NOBODY, NULL);

	add(map, "1000 10 a\n1010 10 b\n1020 10 c\n1008 10 over\n");
	g_assert_null(fdar_jit_map_name(map, 0x1004));
	g_assert_cmpstr(fdar_jit_map_name(map, 0x1008), ==, "over");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x1017), ==, "over");
	g_assert_null(fdar_jit_map_name(map, 0x1018));
	g_assert_cmpstr(fdar_jit_map_name(map, 0x1020), ==, "c");
	fdar_jit_map_unref(map);
}

/* One function, however far it is optimized, and in whatever line. */
static void test_tiers(void)
{
	struct fdar_jit_map *map = fdar_jit_map_new(pool, NOBODY, NOBODY, NULL);

	add(map, "1000 10 JS:~render /srv.js:3:20\n2000 10 JS:*render /srv.js:47:2\n"
		 "3000 10 LazyCompile:*f\n4000 10 JS:\n5000 10 Other:*f:1:2\n6000 10 JS:*f\n7000 "
		 "10 JS:*:3:4\n");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x1000), ==, "JS:render /srv.js");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x2000), ==, "JS:render /srv.js");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x3000), ==, "LazyCompile:f");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x4000), ==, "JS:");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x5000), ==, "Other:*f:1:2");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x6000), ==, "JS:f");
	g_assert_cmpstr(fdar_jit_map_name(map, 0x7000), ==, "JS:");
	fdar_jit_map_unref(map);
}

/* The file of this process: read as it grows, and what was there before it began is another's. */
static void test_file(void)
{
	static const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	g_autofree char *path = g_strdup_printf("/tmp/perf-%d.map", (int)getpid());
	g_autofree char *target = g_strconcat(path, ".linked", NULL);
	struct fdar_jit_map *map = fdar_jit_map_new(pool, getpid(), (uint32_t)getpid(), NULL),
			    *child;
	FILE *file = fopen(path, "we");

	g_assert_nonnull(file);
	g_assert_cmpint(fputs("1000 10 stale\n", file), >=, 0);
	g_assert_cmpint(fflush(file), ==, 0);
	g_assert_cmpint(futimens(fileno(file), old), ==, 0);
	g_assert_null(fdar_jit_map_name(map, 0x1000));
	g_assert_cmpint(fputs("2000 10 fre", file), >=, 0);
	g_assert_cmpint(fflush(file), ==, 0);
	g_assert_cmpstr(fdar_jit_map_name(map, 0x1000), ==, "stale");
	g_assert_null(fdar_jit_map_name(map, 0x2000));
	g_assert_cmpint(fputs("sh\n", file), >=, 0);
	g_assert_cmpint(fclose(file), ==, 0);
	g_assert_cmpstr(fdar_jit_map_name(map, 0x2000), ==, "fresh");
	/* Who was forked from it has its code. */
	child = fdar_jit_map_new(pool, NOBODY, NOBODY, map);
	g_assert_cmpstr(fdar_jit_map_name(child, 0x2000), ==, "fresh");
	fdar_jit_map_unref(map);
	fdar_jit_map_unref(child);
	unlink(path);
	/* No link, whatever it leads to. */
	g_assert_true(g_file_set_contents(target, "1000 10 linked\n", -1, NULL));
	g_assert_cmpint(symlink(target, path), ==, 0);
	map = fdar_jit_map_new(pool, getpid(), (uint32_t)getpid(), NULL);
	g_assert_null(fdar_jit_map_name(map, 0x1000));
	fdar_jit_map_unref(map);
	unlink(path);
	unlink(target);
}

static guint open_files(void)
{
	GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
	guint count = 0;

	g_assert_nonnull(dir);
	while (g_dir_read_name(dir))
		count++;
	g_dir_close(dir);
	return count;
}

/* Many maps, of which all are read on and no more than so many are open. (They are all of this process: one file
 * may be read by several.) */
static void test_many(void)
{
	g_autofree char *path = g_strdup_printf("/tmp/perf-%d.map", (int)getpid());
	struct fdar_jit_map *maps[3 * FDAR_JIT_MAP_OPEN_MAX];
	guint before = open_files();
	FILE *file = fopen(path, "we");

	g_assert_nonnull(file);
	for (guint round = 0; round < 3; round++) {
		g_assert_cmpint(fprintf(file, "%x000 10 of round %u\n", round + 1, round), >, 0);
		g_assert_cmpint(fflush(file), ==, 0);
		for (guint i = 0; i < G_N_ELEMENTS(maps); i++) {
			g_autofree char *name = g_strdup_printf("of round %u", round);

			if (!round)
				maps[i] =
					fdar_jit_map_new(pool, getpid(), (uint32_t)getpid(), NULL);
			g_assert_cmpstr(fdar_jit_map_name(maps[i], 0x1000 * (round + 1)), ==, name);
			g_assert_cmpstr(fdar_jit_map_name(maps[i], 0x1000), ==, "of round 0");
		}
		g_assert_cmpuint(open_files(), ==, before + 1 + FDAR_JIT_MAP_OPEN_MAX);
	}
	/* Another file by that name is not read on as if it were the one that it was. */
	g_assert_cmpint(unlink(path), ==, 0);
	file = freopen(path, "we", file);
	g_assert_nonnull(file);
	for (guint line = 0; line < 10; line++)
		g_assert_cmpint(fprintf(file, "9000 10 of another\n"), >, 0);
	g_assert_cmpint(fclose(file), ==, 0);
	g_assert_null(fdar_jit_map_name(maps[0], 0x9000));
	g_assert_cmpstr(fdar_jit_map_name(maps[0], 0x2000), ==, "of round 1");
	for (guint i = 0; i < G_N_ELEMENTS(maps); i++)
		fdar_jit_map_unref(maps[i]);
	g_assert_cmpuint(open_files(), ==, before);
	unlink(path);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	pool = fdar_jit_map_pool_new();
	g_test_add_func("/jit_map/lines", test_lines);
	g_test_add_func("/jit_map/over", test_over);
	g_test_add_func("/jit_map/tiers", test_tiers);
	g_test_add_func("/jit_map/file", test_file);
	g_test_add_func("/jit_map/many", test_many);
	status = g_test_run();
	fdar_jit_map_pool_free(pool);
	return status;
}
