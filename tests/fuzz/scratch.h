/*
 * A folder for targets whose parser reads files: made once, in memory where that can be had.
 */
#ifndef FDAR_TESTS_FUZZ_SCRATCH_H
#define FDAR_TESTS_FUZZ_SCRATCH_H

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_folder[64];

static inline void scratch_end(void)
{
	g_autoptr(GDir) dir = g_dir_open(scratch_folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(scratch_folder, name, NULL);

		g_remove(path);
	}
	g_rmdir(scratch_folder);
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

/* Gives the path of the file name in it, which holds these bytes now. The caller frees it. */
static inline char *scratch_file(const char *name, const uint8_t *data, size_t size)
{
	char *path = g_build_filename(scratch(), name, NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	return path;
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
