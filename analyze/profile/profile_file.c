#include "analyze/profile/profile_file.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "analyze/profile/profile_fields.h"
#include "base/file_write.h"
#include "base/wire.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/doubts.h"

void fdar_profile_about_init(struct fdar_profile_about *about)
{
	*about = (struct fdar_profile_about){
		.sources = g_ptr_array_new_with_free_func(g_free),
		.warnings = g_ptr_array_new_with_free_func(g_free),
		.rules = g_ptr_array_new_with_free_func(g_free),
	};
}

void fdar_profile_about_clear(struct fdar_profile_about *about)
{
	g_clear_pointer(&about->sources, g_ptr_array_unref);
	g_clear_pointer(&about->warnings, g_ptr_array_unref);
	g_clear_pointer(&about->rules, g_ptr_array_unref);
	g_clear_pointer(&about->detail, g_free);
	g_clear_pointer(&about->unfinished, g_free);
	g_clear_pointer(&about->key, g_free);
}

static void add_texts(GPtrArray *texts, const GPtrArray *from)
{
	for (guint i = 0; i < from->len; i++)
		g_ptr_array_add(texts, g_strdup(g_ptr_array_index(from, i)));
}

void fdar_profile_about_add(struct fdar_profile_about *about, const struct fdar_profile_about *from)
{
	add_texts(about->sources, from->sources);
	add_texts(about->warnings, from->warnings);
	add_texts(about->rules, from->rules);
	about->min_duration_ns = MAX(about->min_duration_ns, from->min_duration_ns);
	about->depth = MAX(about->depth, from->depth);
	about->dropped += from->dropped;
	if (!about->unfinished)
		about->unfinished = g_strdup(from->unfinished);
	if (!about->detail) {
		about->detail = g_strdup(from->detail);
	} else if (from->detail && strcmp(about->detail, from->detail) != 0) {
		/* As no recording has it: it compares with none. */
		g_free(about->detail);
		about->detail = g_strdup("mixed");
	}
}

void fdar_profile_about_recording(struct fdar_profile_about *about, const char *path)
{
	struct fdar_recording_info info = { 0 };

	g_ptr_array_add(about->sources, g_strdup(path));
	if (!fdar_recording_info_load(path, &info, NULL))
		return;
	for (char **rule = info.functions; rule && *rule; rule++)
		g_ptr_array_add(about->rules, g_strdup(*rule));
	about->min_duration_ns = info.min_duration_ns;
	about->depth = info.depth;
	about->dropped = info.dropped;
	about->detail = g_strdup(info.detail);
	if (info.unfinished)
		about->unfinished = g_strdup(info.ended ? info.ended : "");
	fdar_recording_info_clear(&info);
}

/* ---- writing ---- */

static void put_function(GByteArray *out, const struct fdar_profile_function *function)
{
	g_autoptr(GByteArray) message = g_byte_array_new();

	fdar_wire_put_text(message, FUNCTION_NAME, function->name);
	fdar_wire_put_text(message, FUNCTION_COMPONENT, function->component);
	fdar_wire_put_text(message, FUNCTION_FILE, function->file);
	fdar_wire_put_number(message, FUNCTION_LINE, (uint64_t)MAX(function->line, 0));
	if (function->build_id && *function->build_id)
		fdar_wire_put_text(message, FUNCTION_BUILD_ID, function->build_id);
	if (function->soname && *function->soname)
		fdar_wire_put_text(message, FUNCTION_SONAME, function->soname);
	profile_fields_put(message, profile_function_fields, function);
	fdar_wire_put_message(out, FIELD_FUNCTION, message);
}

static void put_stat(GByteArray *out, uint32_t number, const struct fdar_profile_stat *stat)
{
	g_autoptr(GByteArray) message = g_byte_array_new();

	profile_fields_put(message, profile_stat_fields, stat);
	if (message->len)
		fdar_wire_put_message(out, number, message);
}

static void put_group(GByteArray *out, const struct fdar_profile_group *group)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	g_autoptr(GByteArray) part = g_byte_array_new();

	fdar_wire_put_text(message, GROUP_LABEL, group->label);
	profile_fields_put(message, profile_group_fields, group);
	for (uint32_t i = 1; i < group->node_count; i++) {
		fdar_wire_put_number(part, NODE_FUNCTION, group->nodes[i].function);
		fdar_wire_put_number(part, NODE_PARENT, group->nodes[i].parent);
		put_stat(part, NODE_STAT, &group->nodes[i].stat);
		fdar_wire_put_message(message, GROUP_NODE, part);
	}
	for (uint32_t i = 0; i < group->entry_count; i++) {
		const struct fdar_profile_entry *entry = &group->entries[i];

		fdar_wire_put_number(part, ENTRY_FUNCTION, entry->function);
		/* One more than it is: 0 is none. */
		if (entry->below != FDAR_PROFILE_NONE)
			fdar_wire_put_number(part, ENTRY_BELOW, (uint64_t)entry->below + 1);
		put_stat(part, ENTRY_STAT, &entry->stat);
		profile_fields_put(part, profile_entry_fields, entry);
		fdar_wire_put_message(message, GROUP_ENTRY, part);
	}
	fdar_wire_put_message(out, FIELD_GROUP, message);
}

/* Who reads a profile from a file must know what spoke against the recording as well. */
static void put_doubts(GByteArray *out, const GPtrArray *doubts)
{
	g_autoptr(GByteArray) message = g_byte_array_new();

	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		g_byte_array_set_size(message, 0);
		fdar_wire_put_number(message, DOUBT_KIND, (uint64_t)doubt->kind);
		fdar_wire_put_text(message, DOUBT_TEXT, doubt->text);
		fdar_wire_put_message(out, FIELD_DOUBT, message);
	}
}

static void put_texts(GByteArray *out, uint32_t number, const GPtrArray *texts)
{
	for (guint i = 0; texts && i < texts->len; i++)
		fdar_wire_put_text(out, number, g_ptr_array_index(texts, i));
}

static void put_about(GByteArray *out, const struct fdar_profile_about *about)
{
	put_texts(out, FIELD_SOURCE, about->sources);
	put_texts(out, FIELD_WARNING, about->warnings);
	put_texts(out, FIELD_RULE, about->rules);
	fdar_wire_put_number(out, FIELD_MIN_DURATION, about->min_duration_ns);
	fdar_wire_put_number(out, FIELD_DEPTH, about->depth);
	fdar_wire_put_number(out, FIELD_DROPPED, about->dropped);
	fdar_wire_put_text(out, FIELD_DETAIL, about->detail);
	fdar_wire_put_text(out, FIELD_UNFINISHED, about->unfinished);
	fdar_wire_put_text(out, FIELD_KEY, about->key);
}

GBytes *fdar_profile_encode(const struct fdar_profile *profile,
			    const struct fdar_profile_about *about)
{
	GByteArray *out = g_byte_array_new();
	g_autoptr(GByteArray) losses = g_byte_array_new();
	static const guint8 version[4] = { FDAR_PROFILE_FILE_VERSION };
	guint8 sum[PROFILE_SUM_BYTES];

	g_byte_array_append(out, (const guint8 *)PROFILE_MAGIC, PROFILE_MAGIC_BYTES);
	g_byte_array_append(out, version, sizeof(version));
	for (uint32_t i = 0; i < profile->function_count; i++)
		put_function(out, &profile->functions[i]);
	for (uint32_t i = 0; i < profile->group_count; i++)
		put_group(out, &profile->groups[i]);
	profile_fields_put(losses, profile_losses_fields, &profile->losses);
	fdar_wire_put_message(out, FIELD_LOSSES, losses);
	put_doubts(out, profile->doubts);
	profile_fields_put(out, profile_fields, profile);
	if (about)
		put_about(out, about);
	profile_file_sum(out->data, out->len, sum);
	g_byte_array_append(out, sum, PROFILE_SUM_BYTES);
	return g_byte_array_free_to_bytes(out);
}

gboolean fdar_profile_save(const struct fdar_profile *profile,
			   const struct fdar_profile_about *about, const char *path, GError **error)
{
	g_autoptr(GBytes) bytes = fdar_profile_encode(profile, about);
	gsize length;
	const char *data = g_bytes_get_data(bytes, &length);

	return fdar_file_write(path, data, length, error);
}

struct fdar_profile *fdar_profile_load(const char *path, struct fdar_profile_about *about,
				       GError **error)
{
	g_autofree char *data = NULL;
	gsize length = 0;
	GStatBuf status;

	/* Read, not mapped: somebody may cut it off meanwhile. */
	if (g_stat(path, &status) == 0 && (uint64_t)status.st_size > FDAR_PROFILE_FILE_MAX) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: expected a profile of at most %" G_GUINT64_FORMAT " bytes", path,
			    FDAR_PROFILE_FILE_MAX);
		return NULL;
	}
	if (!g_file_get_contents(path, &data, &length, error))
		return NULL;
	return fdar_profile_decode(data, length, path, about, error);
}

gboolean fdar_profile_is_file(const char *path)
{
	char head[PROFILE_MAGIC_BYTES];
	FILE *file = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? fopen(path, "rb") : NULL;
	gboolean is;

	if (!file)
		return FALSE;
	is = fread(head, 1, PROFILE_MAGIC_BYTES, file) == PROFILE_MAGIC_BYTES &&
	     memcmp(head, PROFILE_MAGIC, PROFILE_MAGIC_BYTES) == 0;
	fclose(file);
	return is;
}
