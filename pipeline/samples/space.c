#include "pipeline/samples/space.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"

#define VDSO           "[vdso]"
#define VDSO_BYTES_MAX (64u << 10)
#define MAPS_MAX       4096u /* of a process that maps and maps: the rest is generated code to us */

struct map {
	uint64_t start, end, page_offset, inode;
	char *path;
	pid_t pid;         /* through whose root the path leads to the file */
	gboolean reported; /* to the unwinder */
};

struct fdar_space {
	guint references;
	GArray *maps; /* of struct map, no two over one another */
	struct fdar_unwinder *unwinder;
	uint32_t number;       /* the unwinder's for it */
	guint worker;          /* of the unwinder's, that was told of what is reported */
	gboolean all_reported; /* to that */
	GHashTable *functions; /* address -> function + 1 */
};

static void map_clear(gpointer data)
{
	g_free(((struct map *)data)->path);
}

struct fdar_space *fdar_space_new(struct fdar_unwinder *unwinder)
{
	struct fdar_space *space = g_new0(struct fdar_space, 1);

	space->references = 1;
	space->unwinder = unwinder;
	space->number = fdar_unwinder_space(unwinder);
	space->maps = g_array_new(FALSE, FALSE, sizeof(struct map));
	g_array_set_clear_func(space->maps, map_clear);
	space->functions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return space;
}

struct fdar_space *fdar_space_ref(struct fdar_space *space)
{
	space->references++;
	return space;
}

void fdar_space_unref(struct fdar_space *space)
{
	if (!space || --space->references)
		return;
	fdar_unwinder_drop(space->unwinder, space->number);
	g_hash_table_unref(space->functions);
	g_array_unref(space->maps);
	g_free(space);
}

/* ---- what is mapped ---- */

static struct map *map_at(const struct fdar_space *space, guint index)
{
	return &g_array_index(space->maps, struct map, index);
}

static gboolean is_over(const struct map *map, uint64_t start, uint64_t end)
{
	return map->start < end && start < map->end;
}

static gboolean is_same(const struct map *map, const struct fdar_perf_record *mapped)
{
	return map->start - map->page_offset == mapped->start - mapped->page_offset &&
	       map->inode == mapped->inode && strcmp(map->path, mapped->path) == 0;
}

/* What was known of it is of what is gone. */
static void forget(struct fdar_space *space)
{
	fdar_unwinder_drop(space->unwinder, space->number);
	g_hash_table_remove_all(space->functions);
	for (guint i = 0; i < space->maps->len; i++)
		map_at(space, i)->reported = FALSE;
}

static struct fdar_space *copy(const struct fdar_space *space)
{
	struct fdar_space *made = fdar_space_new(space->unwinder);

	for (guint i = 0; i < space->maps->len; i++) {
		struct map map = *map_at(space, i);

		map.path = g_strdup(map.path);
		map.reported = FALSE;
		g_array_append_val(made->maps, map);
	}
	return made;
}

static void add(struct fdar_space *space, pid_t pid, const struct fdar_perf_record *mapped)
{
	struct map map = { .start = mapped->start,
			   .end = mapped->end,
			   .page_offset = mapped->page_offset,
			   .inode = mapped->inode,
			   .pid = pid };

	if (space->maps->len == MAPS_MAX)
		return;
	map.path = g_strdup(mapped->path);
	g_array_append_val(space->maps, map);
	space->all_reported = FALSE;
}

struct fdar_space *fdar_space_map(struct fdar_space *space, pid_t pid,
				  const struct fdar_perf_record *mapped)
{
	gboolean other = FALSE;

	for (guint i = 0; i < space->maps->len; i++) {
		const struct map *map = map_at(space, i);

		if (!is_over(map, mapped->start, mapped->end))
			continue;
		if (is_same(map, mapped) && mapped->end <= map->end)
			return space;
		other = other || !is_same(map, mapped);
	}
	if (other && space->references > 1) {
		space->references--;
		space = copy(space);
	}
	if (other) {
		for (guint i = space->maps->len; i > 0; i--)
			if (is_over(map_at(space, i - 1), mapped->start, mapped->end))
				g_array_remove_index_fast(space->maps, i - 1);
		forget(space);
	}
	add(space, pid, mapped);
	return space;
}

void fdar_space_map_all(struct fdar_space *space, pid_t pid)
{
	char name[64], line[4096], rights[8], path[4096];
	unsigned long long start, end, offset, inode;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	file = fopen(name, "re");
	while (file && fgets(line, sizeof(line), file)) {
		struct fdar_perf_record mapped = { .path = path };

		path[0] = '\0';
		if (sscanf(line, "%llx-%llx %7s %llx %*s %llu %4095[^\n]", &start, &end, rights,
			   &offset, &inode, path) < 5 ||
		    !strchr(rights, 'x'))
			continue;
		mapped.start = start;
		mapped.end = end;
		mapped.page_offset = offset;
		mapped.inode = inode;
		add(space, pid, &mapped);
	}
	if (file)
		fclose(file);
}

/* ---- its binaries ---- */

/* The kernel maps the same one into each process. */
static int open_vdso(void)
{
	const uint8_t *vdso = (const uint8_t *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	size_t length = 0;
	GElf_Ehdr head;
	int fd;

	if (!vdso)
		return -1;
	memcpy(&head, vdso, sizeof(head));
	length = head.e_shoff + (size_t)head.e_shnum * head.e_shentsize;
	fd = length <= VDSO_BYTES_MAX ? memfd_create("vdso", MFD_CLOEXEC) : -1;
	if (fd >= 0 && write(fd, vdso, length) != (ssize_t)length) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A file that is not the one that was mapped (replaced since) would give wrong names: none is better. */
static int open_file(const struct map *map)
{
	g_autofree char *inside = NULL;
	struct stat status;
	int fd;

	if (strcmp(map->path, VDSO) == 0)
		return open_vdso();
	if (map->path[0] != '/' || g_str_has_prefix(map->path, "//"))
		return -1;
	inside = g_strdup_printf("/proc/%d/root%s", (int)map->pid, map->path);
	/* The path is what a process says that takes samples of itself: it may name anything. */
	fd = fdar_file_open_plain(inside);
	if (fd < 0)
		fd = fdar_file_open_plain(map->path);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && (!map->inode || status.st_ino == map->inode))
		return fd;
	close(fd);
	return -1;
}

static void report(struct fdar_space *space, struct map *map)
{
	const struct fdar_modules_map mapped = { map->start, map->end, map->page_offset,
						 map->path };
	int fd;

	map->reported = TRUE;
	if (fdar_unwinder_fears(space->unwinder, map->inode, map->path))
		return;
	fd = open_file(map);
	if (fd < 0)
		return;
	fdar_unwinder_map(space->unwinder, space->number, &mapped, map->inode, fd);
	close(fd);
}

/* The worker may be another one than the last time, which knows nothing. */
static void report_all(struct fdar_space *space)
{
	guint worker = fdar_unwinder_worker(space->unwinder);

	for (guint i = 0; i < space->maps->len && worker != space->worker; i++)
		map_at(space, i)->reported = FALSE;
	if (space->all_reported && worker == space->worker)
		return;
	space->worker = worker;
	space->all_reported = TRUE;
	for (guint i = 0; i < space->maps->len; i++)
		if (!map_at(space, i)->reported)
			report(space, map_at(space, i));
}

/* ---- unwinding, and names ---- */

void fdar_space_unwind(struct fdar_space *space, struct fdar_space_stack *stack)
{
	report_all(space);
	fdar_unwinder_unwind(space->unwinder, space->number, stack);
	if (!stack->count) /* where it was is known at least */
		stack->address[stack->count++] = stack->registers[16];
}

static uint32_t find_function(struct fdar_space *space, struct fdar_samples *samples,
			      uint64_t address)
{
	struct fdar_modules_function known;

	report_all(space);
	if (fdar_unwinder_function(space->unwinder, space->number, address, &known))
		return fdar_samples_function(samples, known.kind, known.name, known.binary,
					     known.build_id, known.start);
	for (guint i = 0; i < space->maps->len; i++) {
		const struct map *map = map_at(space, i);
		const char *slash = strrchr(map->path, '/');

		if (address < map->start || address >= map->end)
			continue;
		if (map->inode && slash)
			return fdar_samples_function(samples, FDAR_SAMPLE_UNNAMED, slash + 1,
						     slash + 1, "", 0);
		return fdar_samples_function(samples, FDAR_SAMPLE_GENERATED, "generated code", "",
					     "", 0);
	}
	return fdar_samples_function(samples, FDAR_SAMPLE_UNNAMED, "?", "", "", 0);
}

uint32_t fdar_space_function(struct fdar_space *space, struct fdar_samples *samples,
			     uint64_t address)
{
	gint64 key = (gint64)address;
	gpointer known = g_hash_table_lookup(space->functions, &key);
	uint32_t function;

	if (known)
		return GPOINTER_TO_UINT(known) - 1;
	function = find_function(space, samples, address);
	/* The next worker may know what the one that has just died could not say. */
	if (function != G_MAXUINT32 && space->worker == fdar_unwinder_worker(space->unwinder))
		g_hash_table_insert(space->functions, g_memdup2(&key, sizeof(key)),
				    GUINT_TO_POINTER(function + 1));
	return function;
}
