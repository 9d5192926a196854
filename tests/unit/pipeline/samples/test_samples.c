/* The file of samples: what is written is read again, and bytes that lie are refused with a word on where. */
#include <string.h>
#include <zstd.h>

#include "base/wire.h"
#include "pipeline/samples/samples.h"
#include "tests/unit/kit/remove_tree.h"

static fdar_samples *some_samples(void)
{
	fdar_samples *samples = fdar_samples_new();
	uint32_t outer =
		fdar_samples_function(samples, FDAR_SAMPLE_NAMED, "main", "httpd", "ab12", 0x400);
	uint32_t inner = fdar_samples_function(samples, FDAR_SAMPLE_UNNAMED, "httpd+0x900", "httpd",
					       "ab12", 0x900);
	uint32_t node = fdar_samples_node(samples, fdar_samples_node(samples, 0, outer), inner);
	struct fdar_sample late = {
		.time_ns = 2000, .pid = 1, .tid = 2, .node = node, .flags = FDAR_SAMPLE_CUT
	};
	struct fdar_sample early = { .time_ns = 1000, .pid = 1, .tid = 3 };

	samples->period_ns = 10101010;
	samples->lost = 7;
	samples->tasks_lost = 3;
	samples->throttled = 5;
	samples->processors_changed = 1;
	samples->own = 1;
	fdar_samples_add(samples, &late);
	fdar_samples_add(samples, &early);
	samples->counted = 1;
	samples->counts_lost = 4;
	fdar_samples_count(samples, &(struct fdar_count){ 1700, 1, 2, 1, FDAR_COUNT_MIGRATION });
	fdar_samples_count(samples, &(struct fdar_count){ 1500, 1, 3, 70, FDAR_COUNT_FAULT });
	return samples;
}

static char *folder(void)
{
	return g_dir_make_tmp("flowdar-samples-XXXXXX", NULL);
}

static void test_round_trip(void)
{
	g_autoptr(fdar_samples) samples = some_samples(), read = NULL;
	g_autofree char *dir = folder();
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(fdar_samples_node(samples, 0, 0), ==, 1); /* known already */
	g_assert_cmpuint(fdar_samples_function(samples, FDAR_SAMPLE_NAMED, "main", "httpd", "ab12",
					       0x400),
			 ==, 0);
	g_assert_true(fdar_samples_save(samples, dir, &error));
	read = fdar_samples_load(dir, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(read->period_ns, ==, 10101010);
	g_assert_cmpuint(read->lost, ==, 7);
	g_assert_cmpuint(read->tasks_lost, ==, 3);
	g_assert_cmpuint(read->throttled, ==, 5);
	g_assert_cmpuint(fdar_samples_missing(read), ==, 15);
	g_assert_true(read->processors_changed);
	g_assert_true(read->own);
	g_assert_cmpuint(read->samples->len, ==, 2);
	const struct fdar_sample *first = &g_array_index(read->samples, struct fdar_sample, 0);
	const struct fdar_sample *second = &g_array_index(read->samples, struct fdar_sample, 1);
	g_assert_cmpuint(first->time_ns, ==, 1000); /* by time */
	g_assert_cmpuint(first->node, ==, 0);
	g_assert_cmpuint(second->flags, ==, FDAR_SAMPLE_CUT);
	g_assert_cmpstr(fdar_samples_function_of(read, second->node)->name, ==, "httpd+0x900");
	g_assert_cmpuint(fdar_samples_function_of(read, second->node)->start, ==, 0x900);
	remove_tree(dir);
}

static void test_counts(void)
{
	g_autoptr(fdar_samples) samples = some_samples(), read = NULL;
	g_autofree char *dir = folder();
	const struct fdar_count *count;
	struct fdar_counts_sum sum;

	g_assert_true(fdar_samples_save(samples, dir, NULL));
	read = fdar_samples_load(dir, NULL);
	g_assert_nonnull(read);
	g_assert_cmpuint(read->counted, ==, 1);
	g_assert_cmpuint(read->counts_lost, ==, 4);
	g_assert_cmpuint(read->counts->len, ==, 2);
	count = &g_array_index(read->counts, struct fdar_count, 0); /* by time */
	g_assert_cmpuint(count->time_ns, ==, 1500);
	g_assert_cmpuint(count->tid, ==, 3);
	g_assert_cmpuint(count->kind, ==, FDAR_COUNT_FAULT);
	g_assert_cmpuint(count->number, ==, 70);
	count = &g_array_index(read->counts, struct fdar_count, 1);
	g_assert_cmpuint(count->time_ns, ==, 1700);
	g_assert_cmpuint(count->kind, ==, FDAR_COUNT_MIGRATION);
	g_assert_cmpuint(count->number, ==, 1);
	g_assert_true(fdar_samples_lack_counts(read)); /* four of 71 */
	const struct fdar_count more = { 1800, 1, 2, 47, FDAR_COUNT_MIGRATION };

	for (int i = 0; i < 7; i++)
		fdar_samples_count(read, &more);
	fdar_samples_sum(read, &sum);
	g_assert_cmpuint(sum.all[FDAR_COUNT_FAULT], ==, 70);
	g_assert_cmpuint(sum.all[FDAR_COUNT_MIGRATION], ==, 330);
	g_assert_cmpuint(sum.estimated, ==, 399);
	g_assert_false(fdar_samples_lack_counts(read)); /* of 400 */
	remove_tree(dir);
}

static void test_missing(void)
{
	g_autofree char *dir = folder();
	g_autoptr(GError) error = NULL;

	g_assert_null(fdar_samples_load(dir, &error));
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_MISSING);
	remove_tree(dir);
}

/* A file with this body. */
static GByteArray *file_of(const GByteArray *body)
{
	GByteArray *file = g_byte_array_new();
	uint8_t head[20] = "FDARSMPL\1";
	size_t room = ZSTD_compressBound(body->len);

	for (int i = 0; i < 4; i++)
		head[12 + i] = (uint8_t)(body->len >> 8 * i);
	g_byte_array_append(file, head, sizeof(head));
	g_byte_array_set_size(file, (guint)(sizeof(head) + room));
	room = ZSTD_compress(file->data + sizeof(head), room, body->data, body->len, 1);
	g_byte_array_set_size(file, (guint)(sizeof(head) + room));
	return file;
}

static void expect_refused(const GByteArray *body, const char *words)
{
	g_autoptr(GByteArray) file = file_of(body);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_samples) samples = fdar_samples_parse(file->data, file->len, "here", &error);

	g_assert_null(samples);
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
	if (!strstr(error->message, words))
		g_error("\"%s\" does not say \"%s\"", error->message, words);
}

static void test_lies(void)
{
	g_autoptr(GByteArray) body = g_byte_array_new(), part = g_byte_array_new();

	fdar_wire_put_number(body, 2, 1);
	expect_refused(body, "the time between samples");
	fdar_wire_put_number(body, 1, 1000);
	fdar_wire_put_text(part, 1, "f");
	fdar_wire_put_message(body, 5, part);
	guint good = body->len;

	fdar_wire_put_varint(part, 1); /* its own parent */
	fdar_wire_put_varint(part, 0);
	fdar_wire_put_message(body, 6, part);
	expect_refused(body, "a parent before its children");
	g_byte_array_set_size(body, good);
	fdar_wire_put_varint(part, 0);
	fdar_wire_put_varint(part, 1);
	fdar_wire_put_message(body, 6, part);
	expect_refused(body, "a function that is there");
	g_byte_array_set_size(body, good);
	for (int i = 0; i < 3; i++)
		fdar_wire_put_varint(part, 1);
	fdar_wire_put_varint(part, 9);
	fdar_wire_put_varint(part, 0);
	fdar_wire_put_message(body, 7, part);
	expect_refused(body, "a node that is there");
	g_byte_array_set_size(body, good);
	fdar_wire_put_varint(part, 1);
	fdar_wire_put_message(body, 7, part);
	expect_refused(body, "the rest of a sample");
	g_byte_array_set_size(body, good);
	fdar_wire_put_varint(part, 1);
	fdar_wire_put_varint(part, 1);
	fdar_wire_put_message(body, 13, part);
	expect_refused(body, "the rest of a count");
	g_byte_array_set_size(body, good);
	for (int i = 0; i < 3; i++)
		fdar_wire_put_varint(part, UINT64_C(1) << 40);
	fdar_wire_put_varint(part, 0);
	fdar_wire_put_message(body, 13, part);
	expect_refused(body, "a process and a thread");
	g_byte_array_set_size(body, good);
	g_byte_array_set_size(part, 0);
	for (int i = 0; i < 3; i++)
		fdar_wire_put_varint(part, 1);
	fdar_wire_put_varint(part, UINT64_C(0xffffffff) << 4);
	fdar_wire_put_message(body, 13, part);
	expect_refused(body, "how many it stands for");
}

/* Whatever is changed or cut: it is refused, or what is read keeps to the bounds. */
static void test_damage(void)
{
	g_autoptr(fdar_samples) samples = some_samples();
	g_autofree char *dir = folder(), *path = g_build_filename(dir, "samples", NULL);
	g_autofree char *bytes = NULL;
	gsize length;

	g_assert_true(fdar_samples_save(samples, dir, NULL));
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	for (gsize at = 0; at < length; at++) {
		g_autofree uint8_t *changed = g_memdup2(bytes, length);
		g_autoptr(fdar_samples) read = NULL;

		g_assert_null(fdar_samples_parse(changed, at, "cut", NULL));
		changed[at] ^= 0x41;
		read = fdar_samples_parse(changed, length, "changed", NULL);
		for (guint i = 0; read && i < read->samples->len; i++)
			g_assert_cmpuint(g_array_index(read->samples, struct fdar_sample, i).node,
					 <, read->nodes->len);
	}
	remove_tree(dir);
}

static void test_texts(void)
{
	g_autoptr(fdar_samples) samples = fdar_samples_new();
	g_autofree char *loud = g_strnfill(5000, 'x');
	uint32_t id =
		fdar_samples_function(samples, FDAR_SAMPLE_NAMED, "a\033[31m\nb", "\377", NULL, 0);
	const struct fdar_sample_function *function =
		&g_array_index(samples->functions, struct fdar_sample_function, id);

	g_assert_null(strchr(function->name, '\033'));
	g_assert_true(g_utf8_validate(function->binary, -1, NULL));
	id = fdar_samples_function(samples, FDAR_SAMPLE_NAMED, loud, "", "", 0);
	function = &g_array_index(samples->functions, struct fdar_sample_function, id);
	g_assert_cmpuint(strlen(function->name), ==, FDAR_SAMPLES_TEXT_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/samples/round_trip", test_round_trip);
	g_test_add_func("/samples/counts", test_counts);
	g_test_add_func("/samples/missing", test_missing);
	g_test_add_func("/samples/lies", test_lies);
	g_test_add_func("/samples/damage", test_damage);
	g_test_add_func("/samples/texts", test_texts);
	return g_test_run();
}
