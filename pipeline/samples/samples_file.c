/* The file "samples": docs/formats/samples.md. */
#include <gio/gio.h>
#include <string.h>
#include <zstd.h>

#include "base/file_read.h"
#include "base/show.h"
#include "base/wire.h"
#include "pipeline/samples/samples.h"

#define MAGIC       "FDARSMPL"
#define MAGIC_BYTES 8u
#define HEAD_BYTES  20u /* magic, u32 format, u64 bytes of the body */
#define LEVEL       3
#define FILE_MAX    FDAR_SAMPLES_BODY_MAX /* what is packed is not larger */

enum {
	PERIOD = 1,
	KERNEL,
	LOST,
	LEFT_OUT,
	FUNCTION,
	NODES,
	SAMPLES,
	TASKS_LOST,
	PROCESSORS_CHANGED,
	OWN,
	THROTTLED,
	WITHOUT,
	COUNTS,
	COUNTED,
	COUNTS_LOST
};
/* Of a count's last number; above them is how many more than one it stands for. */
#define COUNT_KIND_BITS 4
enum { NAME = 1, BINARY, BUILD_ID, START, KIND };

/* ---- writing ---- */

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct fdar_sample *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static int counts_by_time(gconstpointer a, gconstpointer b)
{
	const struct fdar_count *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

static void put_functions(GByteArray *body, const struct fdar_samples *samples)
{
	g_autoptr(GByteArray) message = g_byte_array_new();

	for (guint i = 0; i < samples->functions->len; i++) {
		const struct fdar_sample_function *function =
			&g_array_index(samples->functions, struct fdar_sample_function, i);

		fdar_wire_put_text(message, NAME, function->name);
		fdar_wire_put_text(message, BINARY, function->binary);
		fdar_wire_put_text(message, BUILD_ID, function->build_id);
		fdar_wire_put_number(message, START, function->start);
		fdar_wire_put_number(message, KIND, function->kind);
		fdar_wire_put_message(body, FUNCTION, message);
	}
}

static void put_nodes(GByteArray *body, const struct fdar_samples *samples)
{
	g_autoptr(GByteArray) message = g_byte_array_new();

	for (guint i = 1; i < samples->nodes->len; i++) {
		const struct fdar_sample_node *node =
			&g_array_index(samples->nodes, struct fdar_sample_node, i);

		fdar_wire_put_varint(message, node->parent);
		fdar_wire_put_varint(message, node->function);
	}
	fdar_wire_put_message(body, NODES, message);
}

static void put_samples(GByteArray *body, const struct fdar_samples *samples)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	uint64_t before = 0;

	for (guint i = 0; i < samples->samples->len; i++) {
		const struct fdar_sample *sample =
			&g_array_index(samples->samples, struct fdar_sample, i);

		fdar_wire_put_varint(message, sample->time_ns - before);
		fdar_wire_put_varint(message, sample->pid);
		fdar_wire_put_varint(message, sample->tid);
		fdar_wire_put_varint(message, sample->node);
		fdar_wire_put_varint(message, sample->flags);
		before = sample->time_ns;
	}
	fdar_wire_put_message(body, SAMPLES, message);
}

static void put_counts(GByteArray *body, const struct fdar_samples *samples)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	uint64_t before = 0;

	for (guint i = 0; i < samples->counts->len; i++) {
		const struct fdar_count *count =
			&g_array_index(samples->counts, struct fdar_count, i);

		fdar_wire_put_varint(message, count->time_ns - before);
		fdar_wire_put_varint(message, count->pid);
		fdar_wire_put_varint(message, count->tid);
		fdar_wire_put_varint(message, count->kind | (uint64_t)(count->number - 1)
								    << COUNT_KIND_BITS);
		before = count->time_ns;
	}
	fdar_wire_put_message(body, COUNTS, message);
}

static void put_u32(uint8_t *to, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

gboolean fdar_samples_save(struct fdar_samples *samples, const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_SAMPLES_FILE, NULL);
	g_autoptr(GByteArray) body = g_byte_array_new(), file = g_byte_array_new();
	uint8_t head[HEAD_BYTES] = MAGIC;
	size_t length;

	g_array_sort(samples->samples, by_time);
	g_array_sort(samples->counts, counts_by_time);
	fdar_wire_put_number(body, PERIOD, samples->period_ns);
	fdar_wire_put_number(body, KERNEL, samples->kernel);
	fdar_wire_put_number(body, LOST, samples->lost);
	fdar_wire_put_number(body, LEFT_OUT, samples->left_out);
	fdar_wire_put_number(body, TASKS_LOST, samples->tasks_lost);
	fdar_wire_put_number(body, PROCESSORS_CHANGED, samples->processors_changed);
	fdar_wire_put_number(body, OWN, samples->own);
	fdar_wire_put_number(body, THROTTLED, samples->throttled);
	fdar_wire_put_number(body, WITHOUT, samples->without);
	fdar_wire_put_number(body, COUNTED, samples->counted);
	fdar_wire_put_number(body, COUNTS_LOST, samples->counts_lost);
	put_functions(body, samples);
	put_nodes(body, samples);
	put_samples(body, samples);
	put_counts(body, samples);
	put_u32(head + MAGIC_BYTES, FDAR_SAMPLES_FORMAT);
	put_u32(head + MAGIC_BYTES + 4, body->len);
	put_u32(head + MAGIC_BYTES + 8, 0);
	g_byte_array_append(file, head, HEAD_BYTES);
	g_byte_array_set_size(file, (guint)(HEAD_BYTES + ZSTD_compressBound(body->len)));
	length = ZSTD_compress(file->data + HEAD_BYTES, file->len - HEAD_BYTES, body->data,
			       body->len, LEVEL);
	if (ZSTD_isError(length)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path,
			    ZSTD_getErrorName(length));
		return FALSE;
	}
	return g_file_set_contents_full(path, (const char *)file->data,
					(gssize)(HEAD_BYTES + length),
					G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* ---- reading ---- */

static char *text_of(const struct fdar_wire_field *field)
{
	return g_strndup((const char *)field->bytes, MIN(field->number, FDAR_SAMPLES_TEXT_MAX));
}

static void read_function_field(const struct fdar_wire_field *field, char *texts[4],
				struct fdar_sample_function *function)
{
	gboolean is_text = field->field >= NAME && field->field <= BUILD_ID;

	if (is_text && field->kind == FDAR_WIRE_BYTES && !texts[field->field])
		texts[field->field] = text_of(field);
	else if (field->field == START && field->kind == FDAR_WIRE_NUMBER)
		function->start = field->number;
	else if (field->field == KIND && field->kind == FDAR_WIRE_NUMBER)
		function->kind = (uint8_t)MIN(field->number, FDAR_SAMPLE_KINDS);
}

/* Numbers are by place: two of the same name stay two. */
static const char *read_function(struct fdar_samples *samples, struct fdar_wire wire)
{
	struct fdar_sample_function function = { 0 };
	struct fdar_wire_field field;
	char *texts[4] = { NULL };

	if (samples->functions->len == FDAR_SAMPLES_FUNCTIONS_MAX)
		return "fewer functions";
	while (fdar_wire_next(&wire, &field))
		read_function_field(&field, texts, &function);
	if (!wire.bad && function.kind < FDAR_SAMPLE_KINDS) {
		uint32_t id = samples->functions->len;

		g_array_set_size(samples->functions, id + 1);
		struct fdar_sample_function *to =
			&g_array_index(samples->functions, struct fdar_sample_function, id);
		to->start = function.start;
		to->kind = function.kind;
		to->name = fdar_show(texts[NAME] && *texts[NAME] ? texts[NAME] : "?");
		to->binary = fdar_show(texts[BINARY] ? texts[BINARY] : "");
		to->build_id = fdar_show(texts[BUILD_ID] ? texts[BUILD_ID] : "");
	}
	for (int i = NAME; i <= BUILD_ID; i++)
		g_free(texts[i]);
	if (wire.bad)
		return wire.bad;
	return function.kind < FDAR_SAMPLE_KINDS ? NULL : "a kind of function that is known";
}

static const char *read_nodes(struct fdar_samples *samples, struct fdar_wire wire)
{
	uint64_t parent, function;

	while (fdar_wire_varint(&wire, &parent)) {
		if (!fdar_wire_varint(&wire, &function))
			return wire.bad ? wire.bad : "the function of a node";
		struct fdar_sample_node node = { (uint32_t)parent, (uint32_t)function };

		if (samples->nodes->len == FDAR_SAMPLES_NODES_MAX)
			return "fewer nodes";
		if (parent >= samples->nodes->len)
			return "a parent before its children";
		if (function >= samples->functions->len)
			return "a function that is there";
		g_array_append_val(samples->nodes, node);
	}
	return wire.bad;
}

static const char *read_sample(struct fdar_samples *samples, const uint64_t number[5],
			       uint64_t *time_ns)
{
	struct fdar_sample sample = { .pid = (uint32_t)number[1],
				      .tid = (uint32_t)number[2],
				      .node = (uint32_t)number[3],
				      .flags = (uint8_t)(number[4] & FDAR_SAMPLE_FLAGS) };

	if (samples->samples->len == FDAR_SAMPLES_MAX)
		return "fewer samples";
	if (number[0] > UINT64_MAX - *time_ns)
		return "a time";
	if (number[1] > UINT32_MAX || number[2] > UINT32_MAX)
		return "a process and a thread";
	if (number[3] >= samples->nodes->len)
		return "a node that is there";
	*time_ns += number[0];
	sample.time_ns = *time_ns;
	g_array_append_val(samples->samples, sample);
	return NULL;
}

static const char *read_samples(struct fdar_samples *samples, struct fdar_wire wire)
{
	uint64_t number[5], time_ns = 0;
	const char *bad = NULL;

	while (!bad && fdar_wire_varint(&wire, &number[0])) {
		for (int i = 1; i < 5; i++)
			if (!fdar_wire_varint(&wire, &number[i]))
				return wire.bad ? wire.bad : "the rest of a sample";
		bad = read_sample(samples, number, &time_ns);
	}
	return bad ? bad : wire.bad;
}

static const char *read_count(struct fdar_samples *samples, const uint64_t number[4],
			      uint64_t *time_ns)
{
	struct fdar_count count = { .pid = (uint32_t)number[1],
				    .tid = (uint32_t)number[2],
				    .kind = number[3] & ((1u << COUNT_KIND_BITS) - 1) };
	uint64_t more = number[3] >> COUNT_KIND_BITS;

	if (samples->counts->len == FDAR_SAMPLES_COUNTS_MAX)
		return "fewer counts";
	if (number[0] > UINT64_MAX - *time_ns)
		return "a time";
	if (number[1] > UINT32_MAX || number[2] > UINT32_MAX)
		return "a process and a thread";
	if (more >= UINT32_MAX)
		return "how many it stands for";
	*time_ns += number[0];
	count.time_ns = *time_ns;
	count.number = (uint32_t)more + 1;
	if (count.kind < FDAR_COUNT_KINDS) /* others are of later versions */
		g_array_append_val(samples->counts, count);
	return NULL;
}

static const char *read_counts(struct fdar_samples *samples, struct fdar_wire wire)
{
	uint64_t number[4], time_ns = 0;
	const char *bad = NULL;

	while (!bad && fdar_wire_varint(&wire, &number[0])) {
		for (int i = 1; i < 4; i++)
			if (!fdar_wire_varint(&wire, &number[i]))
				return wire.bad ? wire.bad : "the rest of a count";
		bad = read_count(samples, number, &time_ns);
	}
	return bad ? bad : wire.bad;
}

static const char *read_field(struct fdar_samples *samples, const struct fdar_wire_field *field)
{
	uint64_t *const numbers[] = { [PERIOD] = &samples->period_ns,
				      [KERNEL] = &samples->kernel,
				      [LOST] = &samples->lost,
				      [LEFT_OUT] = &samples->left_out,
				      [TASKS_LOST] = &samples->tasks_lost,
				      [PROCESSORS_CHANGED] = &samples->processors_changed,
				      [OWN] = &samples->own,
				      [THROTTLED] = &samples->throttled,
				      [WITHOUT] = &samples->without,
				      [COUNTED] = &samples->counted,
				      [COUNTS_LOST] = &samples->counts_lost };

	if (field->kind == FDAR_WIRE_NUMBER && field->field < G_N_ELEMENTS(numbers) &&
	    numbers[field->field])
		*numbers[field->field] = field->number;
	if (field->kind != FDAR_WIRE_BYTES)
		return NULL;
	if (field->field == FUNCTION)
		return read_function(samples, fdar_wire_message(field));
	if (field->field == NODES)
		return read_nodes(samples, fdar_wire_message(field));
	if (field->field == SAMPLES)
		return read_samples(samples, fdar_wire_message(field));
	if (field->field == COUNTS)
		return read_counts(samples, fdar_wire_message(field));
	return NULL;
}

static const char *read_body(struct fdar_samples *samples, const uint8_t *bytes, size_t length)
{
	struct fdar_wire wire = { bytes, bytes + length, NULL };
	struct fdar_wire_field field;
	const char *bad = NULL;

	while (!bad && fdar_wire_next(&wire, &field))
		bad = read_field(samples, &field);
	bad = bad ? bad : wire.bad;
	return !bad && !samples->period_ns ? "the time between samples" : bad;
}

static uint64_t get_u32(const uint8_t *from)
{
	return from[0] | (uint64_t)from[1] << 8 | (uint64_t)from[2] << 16 | (uint64_t)from[3] << 24;
}

/* The body's bytes; *bad: what was expected. What the head claims is believed of what zstd says, too. */
static uint8_t *unpack(const uint8_t *bytes, gsize length, size_t *body, const char **bad)
{
	uint64_t claimed = length < HEAD_BYTES ? 0
					       : get_u32(bytes + MAGIC_BYTES + 4) |
							 get_u32(bytes + MAGIC_BYTES + 8) << 32;
	uint8_t *to = NULL;

	*bad = NULL;
	if (length < HEAD_BYTES || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0)
		*bad = "\"" MAGIC "\" at byte 0";
	else if (get_u32(bytes + MAGIC_BYTES) != FDAR_SAMPLES_FORMAT)
		*bad = "format 1 at byte 8: it is of a later version";
	else if (!claimed || claimed > FDAR_SAMPLES_BODY_MAX ||
		 ZSTD_getFrameContentSize(bytes + HEAD_BYTES, length - HEAD_BYTES) != claimed)
		*bad = "at byte 20 a zstd frame of as many bytes as byte 12 says, 256 MiB at most";
	if (*bad)
		return NULL;
	to = g_try_malloc(claimed);
	if (to)
		*body = ZSTD_decompress(to, claimed, bytes + HEAD_BYTES, length - HEAD_BYTES);
	if (to && *body == claimed)
		return to;
	*bad = to ? "at byte 20 a zstd frame that is whole" : "more memory";
	g_free(to);
	return NULL;
}

struct fdar_samples *fdar_samples_parse(const uint8_t *bytes, gsize length, const char *name,
					GError **error)
{
	g_autoptr(fdar_samples) samples = fdar_samples_new();
	const char *bad;
	size_t body = 0;
	g_autofree uint8_t *unpacked = unpack(bytes, length, &body, &bad);

	if (unpacked)
		bad = read_body(samples, unpacked, body);
	if (!bad)
		return g_steal_pointer(&samples);
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT, "%s: expected %s", name,
		    bad);
	return NULL;
}

struct fdar_samples *fdar_samples_load(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FDAR_SAMPLES_FILE, NULL);
	GError *cause = NULL;
	gsize length;
	g_autofree char *bytes = fdar_file_read(path, FILE_MAX, &length, &cause);
	gboolean none = g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

	if (bytes)
		return fdar_samples_parse((const uint8_t *)bytes, length, path, error);
	g_set_error_literal(error, FDAR_SOURCE_ERROR,
			    none ? FDAR_SOURCE_ERROR_MISSING : FDAR_SOURCE_ERROR_FORMAT,
			    cause->message);
	g_error_free(cause);
	return NULL;
}
