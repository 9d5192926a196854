/* The process that reads ELF files: answers as the file says, has no rights, and its death costs a file. */
#include "pipeline/elf/elf_reader.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/server/processes.h"

struct fixture {
	struct fdar_elf_reader *reader;
	int fd; /* this very program */
};

static void set_up(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->reader = fdar_elf_reader_new();
	f->fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(f->fd, >=, 0);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	g_autoptr(GArray) left = NULL;

	(void)data;
	fdar_elf_reader_free(f->reader);
	close(f->fd);
	left = fdar_processes_children(getpid());
	g_assert_cmpuint(left->len, ==, 0);
}

static pid_t child_of(void)
{
	g_autoptr(GArray) children = fdar_processes_children(getpid());

	g_assert_cmpuint(children->len, ==, 1);
	return g_array_index(children, pid_t, 0);
}

static void count_main(uint64_t offset, uint64_t bytes, const char *name, void *user)
{
	uint64_t *found = user;

	(void)bytes;
	if (strcmp(name, "main") == 0)
		*found = offset;
}

static void test_answers(struct fixture *f, gconstpointer data)
{
	struct fdar_elf_handle handle;
	g_autofree char *id = NULL, *name = NULL, *soname = NULL;
	uint64_t offset = 0;

	(void)data;
	g_assert_true(fdar_elf_reader_open(f->reader, f->fd, "/proc/self/exe", &handle, NULL));
	id = fdar_elf_reader_build_id(f->reader, &handle);
	g_assert_nonnull(id);
	g_assert_true(fdar_elf_reader_functions(f->reader, &handle, count_main, &offset));
	g_assert_cmpuint(offset, !=, 0);
	name = fdar_elf_reader_function(f->reader, &handle, offset + 1);
	g_assert_cmpstr(name, ==, "main");
	g_assert_null(fdar_elf_reader_function(f->reader, &handle, UINT64_MAX / 2));
	soname = fdar_elf_reader_soname(f->reader, &handle);
	g_assert_null(soname);
	handle.number = 77;
	g_assert_null(fdar_elf_reader_build_id(f->reader, &handle));
}

/* Whatever is in a file that it reads can do no more than this. */
static void test_no_rights(struct fixture *f, gconstpointer data)
{
	struct fdar_elf_handle handle;
	g_autofree char *path = NULL, *status = NULL, *fds = NULL;
	g_autoptr(GDir) open_files = NULL;
	guint count = 0;

	(void)data;
	g_assert_true(fdar_elf_reader_open(f->reader, f->fd, "/proc/self/exe", &handle, NULL));
	path = g_strdup_printf("/proc/%d/status", (int)child_of());
	g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
	g_assert_nonnull(strstr(status, "NoNewPrivs:\t1"));
	if (getuid() != 0) {
		g_test_skip("the rest needs root, to have rights that can be dropped");
		return;
	}
	g_assert_nonnull(strstr(status, "Uid:\t65534\t65534\t65534\t65534"));
	g_assert_nonnull(strstr(status, "CapEff:\t0000000000000000"));
	g_assert_nonnull(strstr(status, "CapPrm:\t0000000000000000"));
	fds = g_strdup_printf("/proc/%d/fd", (int)child_of());
	open_files = g_dir_open(fds, 0, NULL);
	while (open_files && g_dir_read_name(open_files))
		count++;
	/* Three of nothing, the socket, the file. */
	g_assert_cmpuint(count, <=, 5);
}

/* The file is gone with the child; the next one has a new child. */
static void test_death(struct fixture *f, gconstpointer data)
{
	struct fdar_elf_handle first, second;
	g_autofree char *id = NULL;

	(void)data;
	g_assert_true(fdar_elf_reader_open(f->reader, f->fd, "/proc/self/exe", &first, NULL));
	kill(child_of(), SIGKILL);
	g_assert_null(fdar_elf_reader_build_id(f->reader, &first));
	g_assert_null(fdar_elf_reader_function(f->reader, &first, 4096));
	g_assert_true(fdar_elf_reader_open(f->reader, f->fd, "/proc/self/exe", &second, NULL));
	id = fdar_elf_reader_build_id(f->reader, &second);
	g_assert_nonnull(id);
	g_assert_null(fdar_elf_reader_build_id(f->reader, &first));
}

static void test_no_elf(struct fixture *f, gconstpointer data)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("test-elf-XXXXXX", &path, NULL);
	struct fdar_elf_handle handle;
	gboolean died = TRUE;

	(void)data;
	g_assert_cmpint(write(fd, "\177ELF nothing", 12), ==, 12);
	g_assert_false(fdar_elf_reader_open(f->reader, fd, path, &handle, &died));
	g_assert_false(died);
	close(fd);
	g_remove(path);
	fd = open("/dev/null", O_RDONLY);
	g_assert_false(fdar_elf_reader_open(f->reader, fd, "/dev/null", &handle, NULL));
	close(fd);
}

#define CASE(name, function) \
	g_test_add("/elf-reader/" name, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	CASE("answers", test_answers);
	CASE("no-rights", test_no_rights);
	CASE("death", test_death);
	CASE("no-elf", test_no_elf);
	return g_test_run();
}
