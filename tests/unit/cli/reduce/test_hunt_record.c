/* What a hunt records, and what it compares then. */
#include "cli/reduce/hunt_record.h"

#include <glib/gstdio.h>
#include <string.h>

static char *sides(const struct fdar_hunt_record *record, gboolean report)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	fdar_hunt_record_sides(record, "d", report, words);
	g_ptr_array_add(words, NULL);
	return g_strjoinv(" ", (char **)words->pdata);
}

static void test_sides(void)
{
	struct fdar_hunt_record record = { .times = 1 };
	g_autofree char *one = sides(&record, FALSE), *drawn = sides(&record, TRUE);
	g_autofree char *three = NULL, *three_drawn = NULL;

	g_assert_cmpstr(one, ==, "d/base d/bad");
	g_assert_cmpstr(drawn, ==, one);
	record.times = 3;
	three = sides(&record, FALSE);
	three_drawn = sides(&record, TRUE);
	g_assert_cmpstr(three, ==, "d/base d/bad --subject d/bad-2 --subject d/bad-3");
	g_assert_cmpstr(three_drawn, ==,
			"--baseline d/base --subject d/bad --subject d/bad-2 --subject d/bad-3");
}

/* The script does what was done: as many recordings, and all of them compared. */
static void test_again(void)
{
	struct fdar_hunt_record record = { .times = 2, .copies = { 7, 3 }, .user = "www-data" };
	char *server[] = { (char *)"./server", (char *)"a b", NULL };
	g_autofree char *folder = g_dir_make_tmp("again-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "again.sh", NULL), *text = NULL;

	g_assert_true(fdar_hunt_record_again(&record, path, "day.pcap", server, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_nonnull(strstr(text, "again/base\" --play \"$dir/normal.pcap\" --clones 7 "
				      "--min-duration=1us --user=www-data -- './server' 'a b'\n"));
	g_assert_nonnull(strstr(text, "again/bad\" --play \"$dir/smallest.pcap\" --clones 3 "));
	g_assert_nonnull(strstr(text, "again/bad-2\" --play \"$dir/smallest.pcap\" --clones 3 "));
	g_assert_null(strstr(text, "bad-3"));
	g_assert_nonnull(strstr(text, "diff \"$dir/again/base\" \"$dir/again/bad\" --subject "
				      "\"$dir/again/bad-2\"\n"));
	g_assert_nonnull(strstr(text, "report --baseline \"$dir/again/base\" --subject "
				      "\"$dir/again/bad\" --subject \"$dir/again/bad-2\" -o "));
	g_unlink(path);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hunt-record/sides", test_sides);
	g_test_add_func("/hunt-record/again", test_again);
	return g_test_run();
}
