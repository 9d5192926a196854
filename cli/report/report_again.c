#include "cli/report/report_again.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_depth.h"
#include "pipeline/recording/manifest.h"
#include "pipeline/recording/recording.h"

#define BUILDS_MAX    6u
#define BUILD_DIGITS  12
#define PLAYS_MAX     4u    /* captures, with their labels; more are passed over */
#define LINES_MAX     20000 /* of the journal that are looked at */
#define LINE_BYTES    (1u << 20)
#define DEPTH_MAX     16
#define SUM_DIGITS    16
#define SHA256_DIGITS 64

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *fdar_report_builds(const char *path)
{
	g_autofree char *folder = g_build_filename(path, FDAR_RECORDING_SYMBOLS, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	guint all;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		gsize digits = strspn(name, "0123456789abcdef");

		if (digits && strcmp(name + digits, ".txt") == 0)
			g_ptr_array_add(ids, g_strndup(name, MIN(digits, BUILD_DIGITS)));
	}
	if (!ids->len)
		return NULL;
	all = ids->len;
	g_ptr_array_sort(ids, by_name);
	g_ptr_array_set_size(ids, (gint)MIN(all, BUILDS_MAX));
	g_ptr_array_add(ids, NULL);
	g_autofree char *text = g_strjoinv(", ", (char **)ids->pdata);
	return all > BUILDS_MAX ? g_strdup_printf("%s and %u more", text, all - BUILDS_MAX)
				: g_steal_pointer(&text);
}

char *fdar_report_identity(const char *path)
{
	g_autofree char *file = g_build_filename(path, FDAR_MANIFEST_FILE, NULL);
	g_autofree char *text = NULL, *sum = NULL;
	gsize length;

	if (!g_file_test(file, G_FILE_TEST_IS_REGULAR) ||
	    !g_file_get_contents(file, &text, &length, NULL))
		return NULL;
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
	return g_strdup_printf("sha256 of its manifest: %.*s", SUM_DIGITS, sum);
}

/* ---- what was played ---- */

struct play {
	char *capture, *server, *label;
	char *sha256; /* of the capture; NULL: the journal does not say */
	gint64 clones, bytes;
};

static void play_clear(gpointer data)
{
	struct play *play = data;

	g_free(play->capture);
	g_free(play->server);
	g_free(play->label);
	g_free(play->sha256);
}

static const char *text_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) &&
			       json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_get_string(node)
		       : "";
}

static gint64 number_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64
		       ? json_node_get_int(node)
		       : 0;
}

/* NULL: there is no more room. */
static struct play *play_of(GArray *plays, const char *capture, const char *label,
			    const char *server)
{
	struct play added = { .capture = g_strdup(capture),
			      .server = g_strdup(server),
			      .label = g_strdup(label) };

	for (guint i = 0; i < plays->len; i++) {
		struct play *known = &g_array_index(plays, struct play, i);

		if (strcmp(known->capture, capture) == 0 && strcmp(known->label, label) == 0) {
			play_clear(&added);
			return known;
		}
	}
	if (plays->len >= PLAYS_MAX) {
		play_clear(&added);
		return NULL;
	}
	g_array_append_val(plays, added);
	return &g_array_index(plays, struct play, plays->len - 1);
}

/* The first line of each capture says which bytes it was. */
static void take_sum(struct play *play, JsonObject *object)
{
	const char *sum = text_member(object, "capture_sha256");

	if (play->sha256 || strlen(sum) != SHA256_DIGITS ||
	    strspn(sum, "0123456789abcdef") != SHA256_DIGITS)
		return;
	play->sha256 = g_strdup(sum);
	play->bytes = MAX(number_member(object, "capture_bytes"), 0);
}

static void take_line(GArray *plays, JsonParser *parser, const char *line)
{
	JsonNode *root = NULL;

	if (!fdar_json_too_deep(line, DEPTH_MAX) &&
	    json_parser_load_from_data(parser, line, -1, NULL))
		root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return;
	JsonObject *object = json_node_get_object(root);
	const char *capture = text_member(object, "capture");
	struct play *play = *capture ? play_of(plays, capture, text_member(object, "label"),
					       text_member(object, "server"))
				     : NULL;

	if (!play)
		return;
	play->clones = MAX(play->clones, number_member(object, "clone") + 1);
	take_sum(play, object);
}

/* Array of struct play, empty where there is no journal. */
static GArray *plays_of(const char *path)
{
	GArray *plays = g_array_new(FALSE, FALSE, sizeof(struct play));
	g_autofree char *file = g_build_filename(path, FDAR_RECORDING_JOURNAL, NULL);
	g_autofree char *line = g_malloc(LINE_BYTES);
	g_autoptr(JsonParser) parser = json_parser_new();
	FILE *in = g_file_test(file, G_FILE_TEST_IS_REGULAR) ? fopen(file, "r") : NULL;

	g_array_set_clear_func(plays, play_clear);
	for (int i = 0; in && i < LINES_MAX && fgets(line, (int)LINE_BYTES, in); i++)
		take_line(plays, parser, line);
	if (in)
		fclose(in);
	return plays;
}

char *fdar_report_played(const char *path)
{
	g_autoptr(GArray) plays = plays_of(path);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plays->len; i++) {
		const struct play *play = &g_array_index(plays, struct play, i);

		g_string_append_printf(text, "%s%s", i ? ", " : "", play->capture);
		if (play->clones > 1)
			g_string_append_printf(text, " (%" G_GINT64_FORMAT " clones)",
					       play->clones);
	}
	return g_string_free(text, plays->len == 0);
}

/* ---- commands ---- */

static void add_word(GString *line, const char *option, const char *value)
{
	g_autofree char *quoted = g_shell_quote(value);
	gboolean plain = *value && !value[strcspn(value, " \t\n'\"\\$`*?[](){}<>|&;!#~%^")];

	g_string_append_printf(line, " %s%s", option, plain ? value : quoted);
}

static void add_number(GString *line, const char *option, guint64 value, const char *unit)
{
	if (value)
		g_string_append_printf(line, " %s%" G_GUINT64_FORMAT "%s", option, value, unit);
}

static char *record_command(const char *path, const struct fdar_recording_info *info)
{
	GString *line = g_string_new("flowdar record");

	add_word(line, "-o ", path);
	add_word(line, "--detail ", info->detail);
	if (info->functions && info->functions[0]) {
		g_autofree char *rules = g_strjoinv(",", info->functions);

		add_word(line, "--functions ", rules);
	}
	add_number(line, "--min-duration ", info->min_duration_ns, "ns");
	add_number(line, "--depth ", info->depth, "");
	if (info->io_sessions)
		g_string_append(line, " --io");
	add_number(line, "--bytes ", info->io_bytes, "");
	add_number(line, "--sample=", info->sample_hz, "");
	if (info->lossless)
		g_string_append(line, " --lossless");
	g_string_append(line, " --");
	for (char **word = info->command; *word; word++)
		add_word(line, "", *word);
	return g_string_free(line, FALSE);
}

void fdar_report_again(GPtrArray *commands, const char *path,
		       const struct fdar_recording_info *info)
{
	g_autoptr(GArray) plays = plays_of(path);

	if (info->detail && info->command && info->command[0])
		g_ptr_array_add(commands, record_command(path, info));
	for (guint i = 0; i < plays->len; i++) {
		const struct play *play = &g_array_index(plays, struct play, i);
		GString *line = g_string_new("flowdar replay");

		if (play->sha256) {
			GString *which = g_string_new("#");

			add_word(which, "", play->capture);
			g_string_append_printf(which, ": %" G_GINT64_FORMAT " bytes, sha256 %s",
					       play->bytes, play->sha256);
			g_ptr_array_add(commands, g_string_free(which, FALSE));
		}
		add_word(line, "", play->capture);
		add_word(line, "--to ", play->server);
		if (play->clones > 1)
			add_number(line, "--clones ", (guint64)play->clones, "");
		if (*play->label)
			add_word(line, "--label ", play->label);
		g_ptr_array_add(commands, g_string_free(line, FALSE));
	}
}
