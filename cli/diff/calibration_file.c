#include "cli/diff/calibration_file.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/file_read.h"
#include "base/json_depth.h"
#include "cli/kit/print.h"
#include "cli/kit/save.h"

/* What it is, so that no other JSON is taken for one. */
#define KIND      "flowdar calibration"
#define DEPTH_MAX 4
#define BYTES_MAX (1u << 20)
#define RUNS_MAX  10000 /* nobody has recorded more */

static void add_number(GString *text, const char *key, double value)
{
	g_autofree char *number = fdar_json_number(value);

	g_string_append_printf(text, ",\n  \"%s\": %s", key, number);
}

static void add_text(GString *text, const char *key, const char *value)
{
	g_autofree char *json = fdar_json_text(value);

	g_string_append_printf(text, ",\n  \"%s\": %s", key, json);
}

gboolean fdar_calibration_save(const struct fdar_calibration *calibration, const char *path,
			       GError **error)
{
	GString *text = g_string_new("{\n  \"kind\": \"" KIND "\",\n  \"format\": 1");

	add_text(text, "program", calibration->program ? calibration->program : "");
	add_text(text, "unit", calibration->unit == FDAR_UNIT_REQUEST ? "request" : "session");
	add_number(text, "runs", calibration->runs);
	add_number(text, "sessions", (double)calibration->sessions);
	add_number(text, "function_ratio", calibration->function_ratio);
	add_number(text, "function_ns", calibration->function_ns);
	add_text(text, "function", calibration->function ? calibration->function : "");
	add_number(text, "session_ratio", calibration->session_ratio);
	add_number(text, "session_ns", calibration->session_ns);
	add_number(text, "pairs", calibration->pairs);
	add_number(text, "claims", calibration->claims);
	add_number(text, "alarms_low", calibration->alarms[FDAR_CONFIDENCE_LOW]);
	add_number(text, "alarms_medium", calibration->alarms[FDAR_CONFIDENCE_MEDIUM]);
	add_number(text, "alarms_high", calibration->alarms[FDAR_CONFIDENCE_HIGH]);
	g_string_append(text, "\n}\n");
	return fdar_save_text(path, text, error);
}

static const char *text_of(JsonObject *object, const char *key)
{
	JsonNode *node = json_object_get_member(object, key);

	return node && JSON_NODE_HOLDS_VALUE(node) &&
			       json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_get_string(node)
		       : "";
}

/* FALSE: it is not there, or no number from least to most. */
static gboolean number_of(JsonObject *object, const char *key, double least, double most,
			  double *value)
{
	JsonNode *node = json_object_get_member(object, key);

	if (!node || !JSON_NODE_HOLDS_VALUE(node))
		return FALSE;
	GType type = json_node_get_value_type(node);
	*value = type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double(node) : NAN;
	return *value >= least && *value <= most;
}

/* What the verdict takes from it must be there; what is told of it may be missing. */
static gboolean read_object(JsonObject *object, struct fdar_calibration *out, const char **wrong)
{
	const struct {
		const char *key;
		double least, most;
		double *value;
	} needed[] = {
		{ "function_ratio", 1, 1e12, &out->function_ratio },
		{ "function_ns", 0, 1e18, &out->function_ns },
		{ "session_ratio", 1, 1e12, &out->session_ratio },
		{ "session_ns", 0, 1e18, &out->session_ns },
	};
	double runs = 0;

	*wrong = "kind";
	if (strcmp(text_of(object, "kind"), KIND) != 0)
		return FALSE;
	*wrong = "format";
	if (!number_of(object, "format", 1, 1, &runs))
		return FALSE;
	*wrong = "runs";
	if (!number_of(object, "runs", FDAR_CALIBRATION_RUNS_MIN, RUNS_MAX, &runs))
		return FALSE;
	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
		*wrong = needed[i].key;
		if (!number_of(object, *wrong, needed[i].least, needed[i].most, needed[i].value))
			return FALSE;
	}
	out->runs = (uint32_t)runs;
	out->program = g_strdup(text_of(object, "program"));
	out->function = g_strdup(text_of(object, "function"));
	out->unit = g_str_equal(text_of(object, "unit"), "request") ? FDAR_UNIT_REQUEST
								    : FDAR_UNIT_SESSION;
	return TRUE;
}

gboolean fdar_calibration_load(const char *path, struct fdar_calibration *calibration,
			       GError **error)
{
	g_autofree char *file = g_file_test(path, G_FILE_TEST_IS_DIR)
					? g_build_filename(path, FDAR_CALIBRATION_NAME, NULL)
					: g_strdup(path);
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autofree char *text = NULL;
	const char *wrong = NULL;
	gsize length = 0;

	*calibration = (struct fdar_calibration){ 0 };
	text = fdar_file_read(file, BYTES_MAX, &length, error);
	if (!text)
		return FALSE;
	if (strlen(text) == length && !fdar_json_too_deep(text, DEPTH_MAX) &&
	    json_parser_load_from_data(parser, text, (gssize)length, NULL)) {
		JsonNode *root = json_parser_get_root(parser);

		if (root && JSON_NODE_HOLDS_OBJECT(root) &&
		    read_object(json_node_get_object(root), calibration, &wrong))
			return TRUE;
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "%s: expected a calibration as flowdar calibrate writes it%s%s%s", file,
		    wrong ? ": \"" : "", wrong ? wrong : "",
		    wrong ? "\" is missing, or not what it can be" : "");
	return FALSE;
}
