/*
 * Which fields of a profile's structs are written to a file, under which numbers.
 *
 * Place in the house: inside analyze/profile, for profile_file.c and profile_file_read.c. One table a struct. Whoever adds a
 * field to one of the structs adds a row here with the next free number, and to docs/formats/profile.md;
 * numbers are never used again for something else. The sizes below see to it that nobody forgets.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_FIELDS_H
#define FDAR_ANALYZE_PROFILE_PROFILE_FIELDS_H

#include "analyze/profile/profile.h"
#include "base/wire.h"

/* The file around the message. */
#define PROFILE_MAGIC        "flowdar profile\n"
#define PROFILE_MAGIC_BYTES  (sizeof(PROFILE_MAGIC) - 1)
#define PROFILE_SUM_BYTES    32u /* SHA-256 */
#define PROFILE_HEADER_BYTES (PROFILE_MAGIC_BYTES + 4)

void profile_file_sum(const void *data, size_t length, guint8 sum[PROFILE_SUM_BYTES]);

/* Top level; what profile_fields has is 4 to 9. */
enum { FIELD_FUNCTION = 1, FIELD_GROUP = 2, FIELD_LOSSES = 3, FIELD_DOUBT = 10 };
enum { DOUBT_KIND = 1, DOUBT_TEXT = 2 };
enum {
	FIELD_SOURCE = 20,
	FIELD_WARNING = 21,
	FIELD_RULE = 22,
	FIELD_MIN_DURATION = 23,
	FIELD_DEPTH = 24,
	FIELD_KEY = 25,
	FIELD_DROPPED = 26,
	FIELD_DETAIL = 27,
	FIELD_UNFINISHED = 28
};
enum {
	FUNCTION_NAME = 1,
	FUNCTION_COMPONENT = 2,
	FUNCTION_FILE = 3,
	FUNCTION_LINE = 4,
	FUNCTION_BUILD_ID = 10,
	FUNCTION_SONAME = 11
};
enum { GROUP_LABEL = 1, GROUP_NODE = 2, GROUP_ENTRY = 3 };
enum { NODE_FUNCTION = 1, NODE_PARENT = 2, NODE_STAT = 3 };
enum { ENTRY_FUNCTION = 1, ENTRY_BELOW = 2, ENTRY_STAT = 3 };

enum profile_field_type {
	PROFILE_U64,
	PROFILE_U32,
	PROFILE_U8,
	PROFILE_FLAG, /* a gboolean */
	PROFILE_HISTOGRAM,
	PROFILE_SESSIONS, /* a histogram of struct fdar_profile_sessions, where the offset is; of a stat */
	PROFILE_SERIES
};

struct profile_field {
	uint32_t number; /* 0: the end of the table */
	enum profile_field_type type;
	size_t offset;
};

extern const struct profile_field profile_function_fields[];
extern const struct profile_field profile_stat_fields[];
extern const struct profile_field profile_entry_fields[];
extern const struct profile_field profile_group_fields[];
extern const struct profile_field profile_losses_fields[];
extern const struct profile_field profile_fields[];

/* Writes what a table says of the struct. */
void profile_fields_put(GByteArray *out, const struct profile_field *table, const void *from);

/* Reads a field into the struct, when it is one of the table's. FALSE: its value cannot be; expected
 * says what could. */
gboolean profile_fields_take(const struct fdar_wire_field *field, const struct profile_field *table,
			     void *to, const char **expected);

#endif
