/*
 * A folder for targets whose parser reads files: made once, in memory where that can be had.
 */
#ifndef FDAR_TESTS_FUZZ_SCRATCH_H
#define FDAR_TESTS_FUZZ_SCRATCH_H

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_folder[64];

static inline void scratch_clear(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (unlink(path) != 0)
			scratch_clear(path);
	}
	g_rmdir(folder);
}

static inline void scratch_end(void)
{
	scratch_clear(scratch_folder);
}

/* The folder. */
static inline const char *scratch(void)
{
	if (scratch_folder[0])
		return scratch_folder;
	g_snprintf(scratch_folder, sizeof(scratch_folder), "%s/flowdar-fuzz-XXXXXX",
		   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(scratch_folder))
		abort();
	atexit(scratch_end);
	return scratch_folder;
}

/* Gives the path of the file name in it, which holds these bytes now; folders above are made. The caller
 * frees it. */
static inline char *scratch_file(const char *name, const uint8_t *data, size_t size)
{
	char *path = g_build_filename(scratch(), name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);
	int fd;

	if (strchr(name, '/') && g_mkdir_with_parents(folder, 0700) != 0)
		abort();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	return path;
}

/* The same, for whoever knows the path. */
static inline void scratch_put(const char *name, const uint8_t *data, size_t size)
{
	g_free(scratch_file(name, data, size));
}

/* What has to hold. */
static inline void check(gboolean holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

#endif
