/*
 * pipeline/server/traceable.h against programs that the compiler makes here.
 */
#include "pipeline/server/traceable.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char *path;
};

static char *in(const struct folder *folder, const char *name)
{
	return g_build_filename(folder->path, name, NULL);
}

static void write_text(const struct folder *folder, const char *name, const char *text)
{
	g_autofree char *path = in(folder, name);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, 0755), ==, 0);
}

static void set_up(struct folder *folder, gconstpointer data)
{
	(void)data;
	folder->path = g_dir_make_tmp("test_traceable.XXXXXX", NULL);
	g_assert_nonnull(folder->path);
	write_text(folder, "main.c", "int main(void) { return 0; }\n");
}

static void tear_down(struct folder *folder, gconstpointer data)
{
	GDir *dir = g_dir_open(folder->path, 0, NULL);
	const char *name;

	(void)data;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = in(folder, name);

		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(folder->path);
	g_free(folder->path);
}

/* Runs a command in the folder; false, and the test is skipped, when it fails. */
static gboolean made(const struct folder *folder, const char *command)
{
	g_autofree char *text = g_strdup_printf("cd %s && %s", folder->path, command);
	const char *const argv[] = { "sh", "-c", text, NULL };
	g_autofree char *errors = NULL;
	int status = 1;

	if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &errors,
			 &status, NULL) &&
	    status == 0)
		return TRUE;
	g_test_skip(errors);
	return FALSE;
}

static void expect(const struct folder *folder, const char *name, const char *reason)
{
	g_autofree char *path = in(folder, name);
	g_autoptr(GError) error = NULL;
	g_autofree char *found = fdar_traceable_check(path, NULL, &error);

	g_assert_no_error(error);
	if (!reason) {
		g_assert_cmpstr(found, ==, NULL);
		return;
	}
	g_assert_nonnull(found);
	g_test_message("%s", found);
	g_assert_true(g_str_has_prefix(found, folder->path));
	g_assert_nonnull(strstr(found, reason));
}

static void dynamic(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (made(folder, "cc main.c -o main && cc -no-pie main.c -o fixed")) {
		expect(folder, "main", NULL);
		expect(folder, "fixed", NULL);
	}
}

static void linked_statically(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (made(folder, "cc -static main.c -o main && cc -static-pie main.c -o pie")) {
		expect(folder, "main", "statically linked");
		expect(folder, "pie", "statically linked");
	}
}

static void of_go(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (made(folder, "cc main.c -o plain && cc -static main.c -o fixed && echo > info && "
			 "objcopy --add-section .go.buildinfo=info plain main && "
			 "objcopy --add-section .go.buildinfo=info fixed alone")) {
		expect(folder, "main", "Go program: it makes its system calls without libc");
		expect(folder, "alone", "statically linked Go program");
	}
}

static void with_io_uring(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (made(folder, "cc -shared -fPIC -Wl,-soname,liburing.so.2 -x c /dev/null -o liburing.so "
			 "&& cc main.c -Wl,--no-as-needed -L. -luring -o main"))
		expect(folder, "main", "io_uring");
}

/* The one that is known not to survive it, under whatever path. */
static void changing_users(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (made(folder, "cc main.c -o setpriv && cp setpriv setprivileges")) {
		expect(folder, "setpriv", "use --user");
		expect(folder, "setprivileges", NULL);
	}
}

static void for_musl(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (made(folder, "cc main.c -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 -o main"))
		expect(folder, "main", "musl");
}

/* One header field is enough to tell: e_machine, at byte 18, and EI_CLASS, at 4. */
static void of_another_processor(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (made(folder, "cc main.c -o main && "
			 "printf '\\050\\001' | dd of=main bs=1 seek=18 conv=notrunc"))
		expect(folder, "main", "another kind of processor");
}

static void with_more_rights(struct folder *folder, gconstpointer data)
{
	(void)data;
	if (geteuid() != 0) {
		g_test_skip("needs root, to give files away");
		return;
	}
	if (made(folder, "cc main.c -o main && cp main group && cp main own && "
			 "chown 65534 main && chmod u+s main && chown :65534 group && "
			 "chmod g+s group && chmod u+s own")) {
		expect(folder, "main", "set-user-ID");
		expect(folder, "group", "set-group-ID");
		expect(folder, "own", NULL); /* as whom it runs anyway */
	}
}

static void scripts(struct folder *folder, gconstpointer data)
{
	g_autofree char *first = NULL, *second = NULL, *loop = NULL, *found = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	if (!made(folder, "cc -static main.c -o main"))
		return;
	first = g_strdup_printf("#! %s/main -x\nhello\n", folder->path);
	second = g_strdup_printf("#!%s/first", folder->path);
	write_text(folder, "first", first);
	write_text(folder, "second", second);
	write_text(folder, "shell", "#!/bin/sh\nexit 0\n");
	write_text(folder, "env", "#!/usr/bin/env -S A=b sh\nexit 0\n");
	write_text(folder, "loop", "#!/nowhere/at/all\n");
	expect(folder, "first", "main is statically linked");
	expect(folder, "second", "main is statically linked");
	expect(folder, "shell", NULL);
	expect(folder, "env", NULL);
	loop = in(folder, "loop");
	found = fdar_traceable_check(loop, NULL, &error);
	g_assert_null(found);
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* gcc's AddressSanitizer wants to be first. */
static void first(struct folder *folder, gconstpointer data)
{
	g_autofree char *plain = in(folder, "main"), *guarded = in(folder, "guarded");
	g_autofree char *found = NULL;

	(void)data;
	if (!made(folder, "cc main.c -o main"))
		return;
	g_assert_null(fdar_traceable_first(plain));
	g_assert_null(fdar_traceable_first("no-such-program-anywhere"));
	if (!made(folder, "gcc -fsanitize=address main.c -o guarded"))
		return;
	found = fdar_traceable_first(guarded);
	g_assert_nonnull(found);
	g_assert_true(g_str_has_prefix(found, "libasan.so."));
}

/* What it has more rights than is asked of who runs it. */
static void other_user(struct folder *folder, gconstpointer data)
{
	g_autofree char *path = in(folder, "main");
	g_autofree char *as_root = NULL, *as_nobody = NULL;

	(void)data;
	if (geteuid() != 0 || !made(folder, "cc main.c -o main && chmod u+s main"))
		return;
	as_root = fdar_traceable_check(path, "root", NULL);
	as_nobody = fdar_traceable_check(path, "nobody", NULL);
	g_assert_null(as_root);
	g_assert_nonnull(as_nobody);
	g_assert_nonnull(strstr(as_nobody, "is set-user-ID"));
}

static void not_programs(struct folder *folder, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	write_text(folder, "empty", "");
	write_text(folder, "text", "hello");
	write_text(folder, "hash", "#!");
	write_text(folder, "blank", "#!   \n");
	expect(folder, "empty", NULL);
	expect(folder, "text", NULL);
	expect(folder, "hash", NULL);
	expect(folder, "blank", NULL);
	g_assert_null(fdar_traceable_check("no-such-program-anywhere", NULL, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	g_assert_nonnull(strstr(error->message, "no-such-program-anywhere"));
}

/* A program that was cut anywhere, or has any one of its first bytes wrong, harms nobody. */
static void damaged(struct folder *folder, gconstpointer data)
{
	g_autofree char *path = in(folder, "cut"), *whole = in(folder, "main");
	g_autofree char *bytes = NULL;
	gsize length;

	(void)data;
	if (!made(folder, "cc main.c -o main"))
		return;
	g_assert_true(g_file_get_contents(whole, &bytes, &length, NULL));
	for (gsize at = 0; at < length; at += 1 + at / 8) {
		g_assert_true(g_file_set_contents(path, bytes, (gssize)at, NULL));
		g_free(fdar_traceable_check(path, NULL, NULL));
	}
	for (gsize at = 0; at < 1024 && at < length; at++) {
		char was = bytes[at];

		bytes[at] = (char)~was;
		g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
		g_free(fdar_traceable_check(path, NULL, NULL));
		bytes[at] = was;
	}
}

static void in_path(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpstr(fdar_traceable_check("sh", NULL, &error), ==, NULL);
	g_assert_no_error(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/traceable/" #name, struct folder, NULL, set_up, name, tear_down)
	ADD(dynamic);
	ADD(linked_statically);
	ADD(of_go);
	ADD(with_io_uring);
	ADD(changing_users);
	ADD(for_musl);
	ADD(of_another_processor);
	ADD(with_more_rights);
	ADD(scripts);
	ADD(first);
	ADD(other_user);
	ADD(not_programs);
	ADD(damaged);
	g_test_add_func("/traceable/in_path", in_path);
	return g_test_run();
}
