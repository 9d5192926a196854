/* Profiles as files: what is written is read, cut anywhere and merged it is the same, and what is damaged or
 * made to do harm is refused. */
#include "analyze/profile/profile_file.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "tests/unit/kit/profile_script.h"

static const char usual[] =
	"A 0 +main 1 wait:ACCEPT:accept 5 w 5 begin:1:usual:3 6 +serve 7 +read 8 "
	"wait:IO:recv 18 w 19 io:READ:3:100 20 -read 21 put:7:q 30 -serve 31 end:1 "
	"50 -main\n"
	"B 22 take:7:q 23 +work 24 skip:5:1 29 -work";

static struct fdar_profile *there_and_back(const struct fdar_profile *profile)
{
	g_autoptr(GBytes) bytes = fdar_profile_encode(profile, NULL);
	g_autoptr(GError) error = NULL;
	gsize length;
	const void *data = g_bytes_get_data(bytes, &length);
	struct fdar_profile *read = fdar_profile_decode(data, length, "p", NULL, &error);

	g_assert_no_error(error);
	return read;
}

static void assert_same(const struct fdar_profile *a, const struct fdar_profile *b)
{
	g_autoptr(GBytes) left = fdar_profile_encode(a, NULL), right = fdar_profile_encode(b, NULL);

	g_assert_true(fdar_profile_equal(a, b));
	g_assert_true(fdar_profile_equal(b, a));
	g_assert_true(g_bytes_equal(left, right));
}

static void test_round_trip(void)
{
	g_autoptr(fdar_profile) profile = script_profile(usual);
	g_autoptr(fdar_profile) read = there_and_back(profile);
	g_autoptr(fdar_profile) none = fdar_profile_new();
	g_autoptr(fdar_profile) none_read = there_and_back(none);

	assert_same(profile, read);
	assert_same(none, none_read);
	g_assert_cmpuint(read->span_ns, ==, 50);
	g_assert_cmpuint(read->losses.skipped_calls, ==, 5);
	g_assert_cmpuint(read->groups[1].grid.shift, ==, profile->groups[1].grid.shift);
	g_assert_cmpuint(read->groups[1].grid.first, ==, profile->groups[1].grid.first);
}

static void add_session_line(GRand *rand, int session, GString *text)
{
	static const char *const words[] = { "+f",           "+g", "+h",       "-",          "-",
					     "wait:IO:recv", "w",  "skip:2:1", "io:READ:4:9" };
	int now = g_rand_int_range(rand, 1, 1000000);

	/* Processes of their own: whatever one says is about its session, and nothing is open at
	 * the end, which is not the same in all parts. */
	g_string_append_printf(text, "%dA %d begin:%d:%s:4", session, now, session,
			       session % 3 ? "usual" : "attack");
	for (int i = 0; i < 20; i++) {
		now += g_rand_int_range(rand, 0, 1000);
		g_string_append_printf(text, " %d %s", now,
				       words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
	}
	g_string_append_printf(text, " %d end:%d %d tend:\n", now, session, now);
}

/* Sessions dealt out to three files at random and merged are the whole. */
static void test_cut_and_merged(void)
{
	for (uint32_t seed = 0; seed < 30; seed++) {
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
		g_autoptr(GString) whole = g_string_new(NULL);
		g_autoptr(fdar_profile) merged = NULL;
		GString *parts[3];

		for (int i = 0; i < 3; i++)
			parts[i] = g_string_new(NULL);
		for (int session = 1; session <= 12; session++) {
			GString *part = parts[g_rand_int_range(rand, 0, 3)];
			gsize before = part->len;

			add_session_line(rand, session, part);
			g_string_append(whole, part->str + before);
		}
		for (int i = 0; i < 3; i++) {
			g_autoptr(fdar_profile) part = script_profile(parts[i]->str);
			g_autoptr(fdar_profile) read = there_and_back(part);

			if (merged)
				fdar_profile_merge(merged, read);
			else
				merged = g_steal_pointer(&read);
			g_string_free(parts[i], TRUE);
		}
		g_autoptr(fdar_profile) all = script_profile(whole->str);
		g_assert_true(fdar_profile_equal(merged, all));
	}
}

static void assert_refused(const guint8 *data, gsize length, const char *expected)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fdar_profile_decode(data, length, "p", NULL, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
	if (expected)
		g_assert_nonnull(strstr(error->message, expected));
	g_assert_true(g_str_has_prefix(error->message, "p: byte "));
}

static void test_damaged(void)
{
	g_autoptr(fdar_profile) profile = script_profile(usual);
	g_autoptr(GBytes) bytes = fdar_profile_encode(profile, NULL);
	gsize length;
	const guint8 *data = g_bytes_get_data(bytes, &length);

	assert_refused(data, 0, "expected a profile of flowdar");
	for (gsize cut = 1; cut < length; cut += 7)
		assert_refused(data, cut, NULL);
	for (gsize at = 0; at < length; at += 5) {
		g_autofree guint8 *copy = g_memdup2(data, length);

		copy[at] ^= 0x10;
		assert_refused(copy, length, NULL);
	}
	g_autofree guint8 *newer = g_memdup2(data, length);
	newer[16] = 9;
	assert_refused(newer, length, "a profile of version 9; expected version 1");
}

/* A file with a right checksum, around any message. */
static GByteArray *framed(const guint8 *message, guint length)
{
	GByteArray *file = g_byte_array_new();
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 sum[32];
	gsize bytes = sizeof(sum);

	g_byte_array_append(file, (const guint8 *)"flowdar profile\n\1\0\0\0", 20);
	if (length)
		g_byte_array_append(file, message, length);
	g_checksum_update(checksum, file->data, file->len);
	g_checksum_get_digest(checksum, sum, &bytes);
	g_byte_array_append(file, sum, sizeof(sum));
	return file;
}

static void test_hostile(void)
{
	static const struct {
		const char *what;
		const char *message;
		guint length;
	} cases[] = {
		{ "as many bytes", "\x0a\x7f", 2 },
		{ "a number of 64 bits", "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 },
		{ "the number of a field", "\x00\x01", 2 },
		{ "known kind", "\x0b", 1 },
		{ "begins with its label", "\x12\x02\x20\x01", 4 },
		/* Group 0 with a call path of a function that is not there. */
		{ "a call path", "\x12\x06\x0a\x00\x12\x02\x08\x05", 8 },
		/* The same label twice. */
		{ "each label once", "\x12\x02\x0a\x00\x12\x03\x0a\x01x\x12\x03\x0a\x01x", 14 },
		/* A histogram of one value in no bucket. */
		{ "a histogram", "\x12\x09\x0a\x00\x92\x01\x04\x01\x01\x01\x01", 11 },
		{ "a unit", "\x30\x07", 2 },
		{ "UTF-8", "\x0a\x03\x0a\x01\xff", 5 },
		{ "a function of a known kind", "\x0a\x02\x28\x09", 4 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) file =
			framed((const guint8 *)cases[i].message, cases[i].length);

		assert_refused(file->data, file->len, cases[i].what);
	}
	/* Fields that this version does not know are passed over. */
	g_autoptr(GByteArray) future = framed((const guint8 *)"\xa0\x3f\x01\x30\x01", 5);
	g_autoptr(fdar_profile) read =
		fdar_profile_decode(future->data, future->len, "p", NULL, NULL);
	g_assert_nonnull(read);
	g_assert_cmpint(read->unit, ==, FDAR_UNIT_REQUEST);
}

static void test_about(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-profile-file-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "p.profile", NULL);
	g_autoptr(fdar_profile) profile = script_profile(usual);
	struct fdar_profile_about about, read;
	g_autoptr(GError) error = NULL;

	fdar_profile_about_init(&about);
	fdar_profile_about_init(&read);
	g_ptr_array_add(about.sources, g_strdup("monday.rec"));
	g_ptr_array_add(about.warnings, g_strdup("it rained"));
	g_ptr_array_add(about.rules, g_strdup("+name:f*"));
	about.min_duration_ns = 1000;
	about.depth = 7;
	g_assert_false(fdar_profile_is_file(path));
	g_assert_true(fdar_profile_save(profile, &about, path, &error));
	g_assert_true(fdar_profile_is_file(path));
	g_assert_false(fdar_profile_is_file(dir));
	g_autoptr(fdar_profile) back = fdar_profile_load(path, &read, &error);
	g_assert_no_error(error);
	assert_same(profile, back);
	g_assert_cmpstr(g_ptr_array_index(read.sources, 0), ==, "monday.rec");
	g_assert_cmpstr(g_ptr_array_index(read.warnings, 0), ==, "it rained");
	g_assert_cmpstr(g_ptr_array_index(read.rules, 0), ==, "+name:f*");
	g_assert_cmpuint(read.min_duration_ns, ==, 1000);
	g_assert_cmpuint(read.depth, ==, 7);
	g_assert_null(read.key);
	fdar_profile_about_clear(&about);
	fdar_profile_about_clear(&read);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile-file/round-trip", test_round_trip);
	g_test_add_func("/profile-file/cut-and-merged", test_cut_and_merged);
	g_test_add_func("/profile-file/damaged", test_damaged);
	g_test_add_func("/profile-file/hostile", test_hostile);
	g_test_add_func("/profile-file/about", test_about);
	return g_test_run();
}
