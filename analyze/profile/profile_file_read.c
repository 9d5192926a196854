/* Reading profiles from files. All of it is hostile. */
#include "analyze/profile/profile_file.h"

#include <gio/gio.h>
#include <string.h>

#include "analyze/profile/profile_fields.h"
#include "analyze/profile/profile_private.h"
#include "base/wire.h"
#include "instrument/wire/events.h"
#include "pipeline/recording/doubts.h"

/* Where a message is read, and what went wrong with it. */
struct reading {
	struct fdar_profile *profile;
	struct fdar_profile_about *about;
	const uint8_t *bad_at;
	const char *expected; /* NULL: all is well */
};

static gboolean fail(struct reading *reading, const uint8_t *at, const char *expected)
{
	if (!reading->expected) {
		reading->bad_at = at;
		reading->expected = expected;
	}
	return FALSE;
}

/* The next field of a message; FALSE at its end, or when something is wrong. */
static gboolean next(struct reading *reading, struct fdar_wire *wire, struct fdar_wire_field *field)
{
	if (!reading->expected && fdar_wire_next(wire, field))
		return TRUE;
	if (wire->bad)
		fail(reading, wire->at, wire->bad);
	return FALSE;
}

static gboolean take(struct reading *reading, const struct fdar_wire *wire,
		     const struct fdar_wire_field *field, const struct profile_field *table,
		     void *to)
{
	const char *expected;

	return profile_fields_take(field, table, to, &expected) ||
	       fail(reading, field->bytes ? field->bytes : wire->at, expected);
}

/* NULL when it is not a text that can be shown. The caller frees it. */
static char *text_of(struct reading *reading, const struct fdar_wire *wire,
		     const struct fdar_wire_field *field)
{
	const char *bytes = (const char *)field->bytes;

	if (field->kind == FDAR_WIRE_BYTES && g_utf8_validate_len(bytes, field->number, NULL))
		return g_strndup(bytes, field->number);
	fail(reading, field->bytes ? field->bytes : wire->at, "a text in UTF-8");
	return NULL;
}

static void take_text(struct reading *reading, const struct fdar_wire *wire,
		      const struct fdar_wire_field *field, char **text)
{
	g_free(*text);
	*text = text_of(reading, wire, field);
}

static void read_function(struct reading *reading, struct fdar_wire wire)
{
	g_autofree char *name = NULL, *component = NULL, *file = NULL;
	g_autofree char *build_id = NULL, *soname = NULL;
	struct fdar_profile_function function = { 0 };
	uint32_t known = reading->profile->function_count;
	struct fdar_wire_field field;

	while (next(reading, &wire, &field)) {
		if (field.field == FUNCTION_NAME)
			take_text(reading, &wire, &field, &name);
		else if (field.field == FUNCTION_COMPONENT)
			take_text(reading, &wire, &field, &component);
		else if (field.field == FUNCTION_FILE)
			take_text(reading, &wire, &field, &file);
		else if (field.field == FUNCTION_BUILD_ID)
			take_text(reading, &wire, &field, &build_id);
		else if (field.field == FUNCTION_SONAME)
			take_text(reading, &wire, &field, &soname);
		else if (field.field == FUNCTION_LINE)
			function.line = (int)MIN(field.number, G_MAXINT);
		else
			take(reading, &wire, &field, profile_function_fields, &function);
	}
	if (reading->expected)
		return;
	function.name = name ? name : "";
	function.component = component ? component : "";
	function.file = file;
	function.build_id = build_id;
	function.soname = soname;
	if (function.kind >= FDAR_FRAME_KINDS || function.wait >= FDAR_WAIT_KINDS)
		fail(reading, wire.at, "a function of a known kind");
	else if (profile_function_add(reading->profile, &function) != known)
		fail(reading, wire.at, "each function once");
}

static void read_stat(struct reading *reading, const struct fdar_wire_field *field,
		      struct fdar_profile_stat *stat)
{
	struct fdar_wire wire = fdar_wire_message(field);
	struct fdar_wire_field part;

	while (next(reading, &wire, &part))
		take(reading, &wire, &part, profile_stat_fields, stat);
}

static void read_node(struct reading *reading, struct fdar_profile_group *group,
		      struct fdar_wire wire)
{
	struct fdar_profile_stat stat = { 0 };
	uint64_t function = 0, parent = 0;
	uint32_t known = group->node_count, node = FDAR_PROFILE_NONE;
	struct fdar_wire_field field;

	while (next(reading, &wire, &field)) {
		if (field.field == NODE_FUNCTION)
			function = field.number;
		else if (field.field == NODE_PARENT)
			parent = field.number;
		else if (field.field == NODE_STAT && field.kind == FDAR_WIRE_BYTES)
			read_stat(reading, &field, &stat);
	}
	if (function < reading->profile->function_count && parent < known && !reading->expected)
		node = profile_node_add(group, (uint32_t)parent, (uint32_t)function);
	if (node == known) {
		group->nodes[node].stat = stat;
		return;
	}
	profile_stat_clear(&stat);
	fail(reading, wire.at, "a call path of a known function, once, after the one above it");
}

static void read_entry(struct reading *reading, struct fdar_profile_group *group,
		       struct fdar_wire wire)
{
	struct fdar_profile_entry read = { 0 };
	uint64_t function = 0, below = 0;
	uint64_t functions = reading->profile->function_count;
	uint32_t known = group->entry_count, entry = FDAR_PROFILE_NONE;
	struct fdar_wire_field field;

	while (next(reading, &wire, &field)) {
		if (field.field == ENTRY_FUNCTION)
			function = field.number;
		else if (field.field == ENTRY_BELOW)
			below = field.number;
		else if (field.field == ENTRY_STAT && field.kind == FDAR_WIRE_BYTES)
			read_stat(reading, &field, &read.stat);
		else
			take(reading, &wire, &field, profile_entry_fields, &read);
	}
	if (function < functions && below <= functions && !reading->expected)
		entry = profile_entry_add(group, (uint32_t)function,
					  below ? (uint32_t)below - 1 : FDAR_PROFILE_NONE);
	if (entry == known) {
		read.function = group->entries[entry].function;
		read.below = group->entries[entry].below;
		group->entries[entry] = read;
		return;
	}
	profile_stat_clear(&read.stat);
	fail(reading, wire.at, "an entry of known functions, once");
}

/* Labels come first, so that what follows has a group. Group 0 is made already. */
static struct fdar_profile_group *group_for(struct reading *reading, gboolean first,
					    const struct fdar_wire *wire, char *label)
{
	struct fdar_profile *profile = reading->profile;
	uint32_t known = profile->group_count;

	if (first)
		return &profile->groups[0];
	if (label && profile_group_add(profile, label) == known)
		return &profile->groups[known];
	fail(reading, wire->at, "each label once");
	return NULL;
}

static void read_group(struct reading *reading, struct fdar_wire wire, gboolean first)
{
	struct fdar_profile_group *group = NULL;
	struct fdar_wire_field field;

	while (next(reading, &wire, &field)) {
		if (field.field == GROUP_LABEL && !group) {
			g_autofree char *label = text_of(reading, &wire, &field);

			group = group_for(reading, first, &wire, label);
		} else if (!group || field.field == GROUP_LABEL) {
			fail(reading, wire.at, "a group that begins with its label");
		} else if (field.field == GROUP_NODE && field.kind == FDAR_WIRE_BYTES) {
			read_node(reading, group, fdar_wire_message(&field));
		} else if (field.field == GROUP_ENTRY && field.kind == FDAR_WIRE_BYTES) {
			read_entry(reading, group, fdar_wire_message(&field));
		} else {
			take(reading, &wire, &field, profile_group_fields, group);
		}
	}
	if (!group || !group->grid.used)
		return;
	struct fdar_profile_grid begin = fdar_profile_grid_of(group->grid.begin_ns);
	struct fdar_profile_grid end = fdar_profile_grid_of(group->grid.end_ns);

	group->grid = fdar_profile_grid_join(&begin, &end);
}

static GPtrArray *texts_for(const struct fdar_profile_about *about, uint32_t number)
{
	return number == FIELD_SOURCE    ? about->sources
	       : number == FIELD_WARNING ? about->warnings
	       : number == FIELD_RULE    ? about->rules
					 : NULL;
}

static void read_about(struct reading *reading, const struct fdar_wire *wire,
		       const struct fdar_wire_field *field)
{
	struct fdar_profile_about *about = reading->about;
	GPtrArray *texts;

	if (!about)
		return;
	texts = texts_for(about, field->field);
	if (texts) {
		char *text = text_of(reading, wire, field);

		if (text)
			g_ptr_array_add(texts, text);
	} else if (field->field == FIELD_MIN_DURATION) {
		about->min_duration_ns = field->number;
	} else if (field->field == FIELD_DEPTH) {
		about->depth = field->number;
	} else if (field->field == FIELD_DROPPED) {
		about->dropped = field->number;
	} else if (field->field == FIELD_DETAIL) {
		take_text(reading, wire, field, &about->detail);
	} else if (field->field == FIELD_UNFINISHED) {
		take_text(reading, wire, field, &about->unfinished);
	} else if (field->field == FIELD_KEY) {
		take_text(reading, wire, field, &about->key);
	}
}

static void read_doubt(struct reading *reading, struct fdar_wire wire)
{
	GPtrArray *doubts = reading->profile->doubts;
	struct fdar_wire_field field;
	uint64_t kind = 0;
	char *text = NULL;

	while (next(reading, &wire, &field)) {
		if (field.field == DOUBT_KIND && field.kind == FDAR_WIRE_NUMBER)
			kind = field.number;
		else if (field.field == DOUBT_TEXT)
			take_text(reading, &wire, &field, &text);
	}
	if (!text || kind >= FDAR_DOUBT_KINDS ||
	    doubts->len >= FDAR_DOUBTS_MAX + FDAR_DOUBT_KINDS) {
		g_free(text);
		fail(reading, wire.at, "a doubt of a kind that is known");
		return;
	}
	fdar_doubts_add(doubts, (enum fdar_doubt_kind)kind, text);
}

static void read_profile(struct reading *reading, struct fdar_wire wire)
{
	struct fdar_profile *profile = reading->profile;
	struct fdar_wire_field field, part;
	guint groups = 0;

	while (next(reading, &wire, &field)) {
		gboolean message = field.kind == FDAR_WIRE_BYTES;

		if (field.field == FIELD_FUNCTION && message) {
			read_function(reading, fdar_wire_message(&field));
		} else if (field.field == FIELD_GROUP && message) {
			read_group(reading, fdar_wire_message(&field), !groups++);
		} else if (field.field == FIELD_DOUBT && message) {
			read_doubt(reading, fdar_wire_message(&field));
		} else if (field.field == FIELD_LOSSES && message) {
			struct fdar_wire losses = fdar_wire_message(&field);

			while (next(reading, &losses, &part))
				take(reading, &losses, &part, profile_losses_fields,
				     &profile->losses);
		} else {
			take(reading, &wire, &field, profile_fields, profile);
			read_about(reading, &wire, &field);
		}
	}
	if (profile->unit != FDAR_UNIT_SESSION && profile->unit != FDAR_UNIT_REQUEST)
		fail(reading, wire.at, "a unit that is known");
}

static gboolean check_frame(const uint8_t *data, size_t length, const char *name, GError **error)
{
	guint8 sum[PROFILE_SUM_BYTES];
	uint32_t version;

	if (length < PROFILE_HEADER_BYTES + PROFILE_SUM_BYTES ||
	    memcmp(data, PROFILE_MAGIC, PROFILE_MAGIC_BYTES) != 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: byte 0: expected a profile of flowdar", name);
		return FALSE;
	}
	version = data[PROFILE_MAGIC_BYTES] | (uint32_t)data[PROFILE_MAGIC_BYTES + 1] << 8 |
		  (uint32_t)data[PROFILE_MAGIC_BYTES + 2] << 16 |
		  (uint32_t)data[PROFILE_MAGIC_BYTES + 3] << 24;
	if (version != FDAR_PROFILE_FILE_VERSION) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: byte %u: a profile of version %u; expected version %u", name,
			    (unsigned)PROFILE_MAGIC_BYTES, version, FDAR_PROFILE_FILE_VERSION);
		return FALSE;
	}
	profile_file_sum(data, length - PROFILE_SUM_BYTES, sum);
	if (memcmp(sum, data + length - PROFILE_SUM_BYTES, PROFILE_SUM_BYTES) != 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: byte %" G_GSIZE_FORMAT
			    ": the checksum is another: the file is damaged or cut off",
			    name, length - PROFILE_SUM_BYTES);
		return FALSE;
	}
	return TRUE;
}

struct fdar_profile *fdar_profile_decode(const void *data, size_t length, const char *name,
					 struct fdar_profile_about *about, GError **error)
{
	const uint8_t *bytes = data;
	g_autoptr(fdar_profile) profile = NULL;

	if (!check_frame(bytes, length, name, error))
		return NULL;
	profile = fdar_profile_new();
	struct reading reading = { .profile = profile, .about = about };

	read_profile(&reading, (struct fdar_wire){ .at = bytes + PROFILE_HEADER_BYTES,
						   .end = bytes + length - PROFILE_SUM_BYTES });
	if (reading.expected) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: byte %td: expected %s",
			    name, reading.bad_at - bytes, reading.expected);
		return NULL;
	}
	return g_steal_pointer(&profile);
}
