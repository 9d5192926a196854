/*
 * Where patchable entries are, out of files that may be anything: cut off, with wrong numbers in their
 * headers. What is found is always in the memory of the module.
 */
#include <dlfcn.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "patching/modules.h"

static struct fdar_module_found *modules;
static size_t modules_count;

/* The library that was made for this, loaded. */
static struct fdar_module_found *sample(void)
{
	for (size_t i = 0; i < modules_count; i++)
		if (strcmp(modules[i].path, SAMPLE) == 0)
			return &modules[i];
	g_assert_not_reached();
}

static void test_found(void)
{
	struct fdar_module_found *module = sample();
	const uintptr_t *entries;
	void *twice = dlsym(RTLD_DEFAULT, "plugin_twice");

	g_assert_true(fdar_module_entries(module));
	g_assert_cmpuint(module->entries_count, ==, 1);
	entries = (const uintptr_t *)module->entries;
	g_assert_cmpuint(entries[0] - (uintptr_t)twice, <=, 4);
	g_assert_nonnull(fdar_module_segment(module, entries[0], FDAR_PATCH_BYTES, PF_R | PF_X));
	g_assert_null(fdar_module_segment(module, entries[0], FDAR_PATCH_BYTES, PF_W));
	g_assert_null(fdar_module_segment(module, entries[0], SIZE_MAX, PF_X));
	g_assert_null(fdar_module_segment(module, module->base - 1, 1, PF_R));
}

static void test_none(void)
{
	for (size_t i = 0; i < modules_count; i++)
		if (strstr(modules[i].path, "linux-vdso") || strstr(modules[i].path, "libc.so"))
			g_assert_false(fdar_module_entries(&modules[i]));
}

/* The module as its file would be with these bytes. */
static void check(int fd, const char *bytes, gsize length)
{
	struct fdar_module_found module = *sample();
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

	g_assert_cmpint(ftruncate(fd, 0), ==, 0);
	g_assert_cmpint(pwrite(fd, bytes, length, 0), ==, (gint64)length);
	module.path = path;
	if (fdar_module_entries(&module))
		g_assert_nonnull(fdar_module_segment(&module, module.entries,
						     module.entries_count * sizeof(uintptr_t),
						     PF_R));
}

static void test_damaged(void)
{
	g_autofree char *bytes = NULL;
	int fd = memfd_create("damaged", MFD_CLOEXEC);
	ElfW(Ehdr) header;
	gsize length, table;

	g_assert_true(g_file_get_contents(SAMPLE, &bytes, &length, NULL));
	memcpy(&header, bytes, sizeof(header));
	table = header.e_shoff;
	for (gsize cut = 0; cut < length; cut += cut < 128 || cut > table ? 8 : 512)
		check(fd, bytes, cut);
	for (int i = 0; i < 3000; i++) {
		gsize at =
			i % 3 == 0
				? (gsize)g_test_rand_int_range(0, 64)
				: table + (gsize)g_test_rand_int_range(0, (gint32)(length - table));
		char before = bytes[at];

		bytes[at] = (char)g_test_rand_int();
		check(fd, bytes, length);
		bytes[at] = before;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_assert_nonnull(dlopen(SAMPLE, RTLD_NOW | RTLD_GLOBAL));
	modules = fdar_modules_list(&modules_count);
	g_test_add_func("/modules/found", test_found);
	g_test_add_func("/modules/none", test_none);
	g_test_add_func("/modules/damaged", test_damaged);
	status = g_test_run();
	fdar_modules_free(modules, modules_count);
	return status;
}
