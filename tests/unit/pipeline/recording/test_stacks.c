/* stacks.json: round trip, its bounds, and files that are not as they should be. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/recording/recording.h"
#include "pipeline/recording/stacks.h"

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-stacks-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

static void forget(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, FDAR_STACKS_FILE, NULL);

	g_remove(path);
	g_rmdir(dir);
}

static void test_round_trip(void)
{
	g_autofree char *dir = scratch();
	g_autoptr(fdar_stacks) out = fdar_stacks_new(), in = NULL;
	struct fdar_stack *stack = fdar_stacks_add(out, 7, 8, "a \"name\"\n");
	const struct fdar_stack_frame *frame;
	GError *error = NULL;

	out->taken_ns = 1234567890123456789u;
	out->left_out = 3;
	fdar_stack_add(stack, UINT64_MAX, 5, "in\xff side", "libc.so.6");
	fdar_stack_add(stack, 4096, 0, "", "");
	stack->cut = TRUE;
	fdar_stacks_add(out, 7, 9, "");
	g_assert_true(fdar_stacks_save(out, dir, &error));
	in = fdar_stacks_load(dir, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(in->taken_ns, ==, out->taken_ns);
	g_assert_cmpuint(in->left_out, ==, 3);
	g_assert_cmpuint(in->threads->len, ==, 2);
	stack = g_ptr_array_index(in->threads, 0);
	g_assert_cmpuint(stack->pid, ==, 7);
	g_assert_cmpuint(stack->tid, ==, 8);
	g_assert_cmpstr(stack->name, ==, "a \"name\"\n");
	g_assert_true(stack->cut);
	g_assert_cmpuint(stack->frames->len, ==, 2);
	frame = &g_array_index(stack->frames, struct fdar_stack_frame, 0);
	g_assert_cmpuint(frame->address, ==, (uint64_t)G_MAXINT64);
	g_assert_cmpuint(frame->offset, ==, 5);
	g_assert_cmpstr(frame->function, ==, "in\xef\xbf\xbd side");
	g_assert_cmpstr(frame->binary, ==, "libc.so.6");
	stack = g_ptr_array_index(in->threads, 1);
	g_assert_false(stack->cut);
	g_assert_cmpuint(stack->frames->len, ==, 0);
	forget(dir);
}

/* As much as may be taken, with names as long as they may be: fits, and can be read back. */
static void test_bounds(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *name = g_strnfill(FDAR_STACKS_NAME_MAX, '\xff');
	g_autoptr(fdar_stacks) out = fdar_stacks_new(), in = NULL;
	GError *error = NULL;

	for (guint32 t = 0; t < FDAR_STACKS_THREADS_MAX; t++) {
		struct fdar_stack *stack = fdar_stacks_add(out, 1, t, "name");

		for (guint f = 0; f < FDAR_STACKS_FRAMES_MAX / FDAR_STACKS_THREADS_MAX; f++)
			fdar_stack_add(stack, f, 0, name, name);
	}
	g_assert_true(fdar_stacks_save(out, dir, &error));
	in = fdar_stacks_load(dir, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(in->threads->len, >, 10);
	g_assert_cmpuint(in->threads->len + in->left_out, ==, FDAR_STACKS_THREADS_MAX);
	forget(dir);
}

static void assert_refused(const char *dir, const char *text, gsize length, int code)
{
	g_autofree char *path = g_build_filename(dir, FDAR_STACKS_FILE, NULL);
	g_autoptr(GError) error = NULL;

	if (text)
		g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
	g_assert_null(fdar_stacks_load(dir, &error));
	g_assert_error(error, FDAR_RECORDING_ERROR, code);
	g_assert_nonnull(strstr(error->message, FDAR_STACKS_FILE));
}

#define HEAD "{\"format\": 1, \"taken_ns\": 1, \"left_out\": 0, \"threads\": "
#define WHO  "{\"pid\": 1, \"tid\": 2, \"name\": \"n\", \"cut\": 0, \"frames\": "

static void test_refused(void)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"1",
		"null",
		"{}",
		"\xff\xfe",
		"{\"format\": 2, \"taken_ns\": 1, \"left_out\": 0, \"threads\": []}",
		"{\"format\": 0, \"taken_ns\": 1, \"left_out\": 0, \"threads\": []}",
		"{\"format\": 1, \"taken_ns\": -1, \"left_out\": 0, \"threads\": []}",
		"{\"format\": 1, \"taken_ns\": 1.5, \"left_out\": 0, \"threads\": []}",
		"{\"format\": 1, \"taken_ns\": 1, \"threads\": []}",
		HEAD "{}}",
		HEAD "null}",
		HEAD "[null]}",
		HEAD "[1]}",
		HEAD "[[]]}",
		HEAD "[{}]}",
		HEAD "[" WHO "null}]}",
		HEAD "[" WHO "[3]}]}",
		HEAD "[" WHO "[{}]}]}",
		HEAD "[" WHO "[{\"address\": \"1\", \"offset\": 0, \"function\": \"\", "
		     "\"binary\": \"\"}]}]}",
		HEAD "[" WHO "[{\"address\": 1, \"offset\": 0, \"function\": 5, \"binary\": "
		     "\"\"}]}]}",
		HEAD "[{\"pid\": 4294967296, \"tid\": 2, \"name\": \"n\", \"cut\": 0, \"frames\": "
		     "[]}]}",
		HEAD "[{\"pid\": 1, \"tid\": 2, \"name\": \"n\", \"cut\": 2, \"frames\": []}]}",
	};
	g_autofree char *dir = scratch();

	assert_refused(dir, NULL, 0, FDAR_RECORDING_ERROR_MISSING);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_refused(dir, texts[i], strlen(texts[i]), FDAR_RECORDING_ERROR_FORMAT);
	forget(dir);
}

static void append_many(GString *text, const char *piece, guint count)
{
	for (guint i = 0; i < count; i++)
		g_string_append_printf(text, "%s%s", i ? "," : "", piece);
}

static void test_too_much(void)
{
	g_autofree char *dir = scratch();
	g_autoptr(GString) threads = g_string_new(HEAD "[");
	g_autoptr(GString) frames = g_string_new(HEAD "[" WHO "[");
	g_autofree char *deep = g_strnfill(1000000, '[');
	g_autofree char *large = g_strnfill(FDAR_STACKS_MAX_SIZE + 1, ' ');

	append_many(threads, WHO "[]}", FDAR_STACKS_THREADS_MAX + 1);
	g_string_append(threads, "]}");
	append_many(frames, "{\"address\": 1, \"offset\": 0, \"function\": \"\", \"binary\": \"\"}",
		    FDAR_STACKS_DEPTH_MAX + 1);
	g_string_append(frames, "]}]}");
	assert_refused(dir, threads->str, threads->len, FDAR_RECORDING_ERROR_FORMAT);
	assert_refused(dir, frames->str, frames->len, FDAR_RECORDING_ERROR_FORMAT);
	assert_refused(dir, deep, strlen(deep), FDAR_RECORDING_ERROR_FORMAT);
	assert_refused(dir, large, strlen(large), FDAR_RECORDING_ERROR_FORMAT);
	forget(dir);
}

/* Every file that is cut short is refused; every byte of a small one that is another is read or
 * refused, nothing else. */
static void test_damaged(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *path = g_build_filename(dir, FDAR_STACKS_FILE, NULL);
	g_autofree char *good = NULL;
	g_autoptr(fdar_stacks) out = fdar_stacks_new();
	gsize length = 0;

	fdar_stack_add(fdar_stacks_add(out, 1, 2, "name"), 4096, 4, "function", "binary");
	g_assert_true(fdar_stacks_save(out, dir, NULL));
	g_assert_true(g_file_get_contents(path, &good, &length, NULL));
	for (gsize cut = 0; cut < length; cut++)
		assert_refused(dir, good, cut, FDAR_RECORDING_ERROR_FORMAT);
	for (gsize at = 0; at < length; at++) {
		static const char bytes[] = { '\0', '[', ']', '{', '}', '"', '\\', '9', '\xff' };

		for (size_t i = 0; i < sizeof(bytes); i++) {
			g_autofree char *bad = g_memdup2(good, length);
			g_autoptr(GError) error = NULL;

			bad[at] = bytes[i];
			g_assert_true(g_file_set_contents(path, bad, (gssize)length, NULL));
			fdar_stacks_free(fdar_stacks_load(dir, &error));
		}
	}
	forget(dir);
}

/* A process without the library is left alone, one that is gone is not missed. */
static void test_not_ours(void)
{
	const pid_t pids[] = { getpid(), 0x3ffffffe };
	g_autofree char *warning = NULL;
	g_autoptr(fdar_stacks) stacks = fdar_stacks_take(pids, G_N_ELEMENTS(pids), &warning);

	g_assert_cmpuint(stacks->threads->len, ==, 0);
	g_assert_null(warning);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stacks/round-trip", test_round_trip);
	g_test_add_func("/stacks/bounds", test_bounds);
	g_test_add_func("/stacks/refused", test_refused);
	g_test_add_func("/stacks/too-much", test_too_much);
	g_test_add_func("/stacks/damaged", test_damaged);
	g_test_add_func("/stacks/not-ours", test_not_ours);
	return g_test_run();
}
