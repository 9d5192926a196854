/* Metadata that is being written: what is taken of it can be read at any moment. */
#include <glib/gstdio.h>
#include <string.h>

#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/drain/drain_meta.h"

#define FRAGMENTS                                                                  \
	"\x1e{\"type\":\"preamble\",\"version\":2}"                                \
	"\x1e{\"type\":\"trace-class\"}"                                           \
	"\x1e{\"type\":\"data-stream-class\"}"                                     \
	"\x1e{\"type\":\"event-record-class\",\"id\":0,\"name\":\"flowdar:io\"}\n" \
	"\x1e{\"type\":\"event-record-class\",\"id\":1,\"name\":\"flowdar:note\"}"

#define BLOCKS                                                                \
	"/* CTF 1.8 */\ntrace { major = 1; minor = 8; byte_order = le; };\n"  \
	"stream { event.header := struct { integer { size = 8; } id; }; };\n" \
	"event { id = 0; name = \"a\"; };\nevent { id = 1; name = \"b\"; };\n"

static void remove_files(const char *folder)
{
	g_autofree char *path = g_build_filename(folder, "metadata", NULL);

	g_unlink(path);
	g_rmdir(folder);
}

/* Byte by byte; every state that is saved is understood, and in the end all of it is there. */
static void test_growing(gconstpointer data)
{
	const char *text = data;
	g_autofree char *source = g_dir_make_tmp("flowdar-test-meta-XXXXXX", NULL);
	g_autofree char *target = g_strconcat(source, "-target", NULL);
	g_autofree char *path = g_build_filename(source, "metadata", NULL);
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct fdar_drain_meta *meta = fdar_drain_meta_new(source, target);
	guint states = 0;

	for (gsize length = 1; length <= strlen(text); length++) {
		g_autoptr(GError) error = NULL;
		struct fdar_ctf_plan *plan;

		g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
		if (!fdar_drain_meta_look(meta, FALSE, &lock))
			continue;
		states++;
		plan = fdar_ctf_plan_new(meta->text->str, meta->text->len, &error);
		/* Before the trace's block there is nothing to understand yet. */
		g_assert_true(plan || !strstr(meta->text->str, "trace {"));
		g_clear_error(&error);
		fdar_ctf_plan_free(plan);
		g_assert_true(fdar_drain_meta_save(meta, &lock, &error));
		g_assert_no_error(error);
	}
	g_assert_cmpuint(states, >=, 4);
	fdar_drain_meta_look(meta, TRUE, &lock);
	g_assert_cmpstr(meta->text->str, ==, text);
	g_assert_nonnull(meta->counter);
	fdar_drain_meta_free(meta);
	remove_files(source);
	remove_files(target);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/drain/meta/tsdl", BLOCKS, test_growing);
	g_test_add_data_func("/drain/meta/json", FRAGMENTS, test_growing);
	return g_test_run();
}
