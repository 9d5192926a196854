#include "cli/info/info_check.h"

#include <stdio.h>

#include "cli/kit/cells.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source.h"

#define BATCH 4096

/* What the check has found out. */
struct check {
	struct fdar_recording_state state;
	struct fdar_recording_checked checked;
	struct fdar_source_summary summary;
};

/* FALSE and error: nothing can be read, which is a finding as well. */
static gboolean read_events(struct check *check, const char *path, const volatile int *stop,
			    GError **error)
{
	g_autoptr(fdar_source) source = fdar_source_open(path, error);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	gssize n = 0;

	if (!source)
		return FALSE;
	while (!*stop && (n = fdar_source_read(source, batch, BATCH, error)) > 0)
		continue;
	if (n < 0)
		return FALSE;
	fdar_source_get_summary(source, &check->summary);
	check->summary.damage = NULL;
	fdar_doubts_add_all(check->state.doubts, fdar_source_doubts(source));
	return TRUE;
}

/* The recorder's other warnings do not say that something is missing. */
static gboolean is_good(const struct check *check)
{
	for (enum fdar_doubt_kind kind = 0; kind < FDAR_DOUBT_KINDS; kind++)
		if (kind != FDAR_DOUBT_WARNED && fdar_doubts_any(check->state.doubts, kind))
			return FALSE;
	return TRUE;
}

static void print_table(const struct check *check, const char *path)
{
	const GPtrArray *doubts = check->state.doubts;
	g_autofree char *events = fdar_format_count(check->summary.events);
	g_autofree char *bytes = g_format_size(check->checked.bytes);

	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		fdar_print_line("%s: %s", fdar_doubt_kind_name(doubt->kind), doubt->text);
	}
	if (check->state.manifest)
		fdar_print_line("%s: %s: %u files (%s) are as they were written, %s events", path,
				is_good(check) ? "good" : "NOT GOOD", check->checked.files, bytes,
				events);
	else
		fdar_print_line("%s: %s: there is no manifest to compare with; %s events were read",
				path, is_good(check) ? "nothing wrong was found" : "NOT GOOD",
				events);
}

static void print_json(const struct check *check, const char *path)
{
	const GPtrArray *doubts = check->state.doubts;
	g_autofree char *trace = fdar_json_text(path);

	printf("{\n  \"format\": " FDAR_JSON_FORMAT
	       ",\n  \"trace\": %s,\n  \"good\": %s,\n  \"manifest\": %s,\n",
	       trace, is_good(check) ? "true" : "false", check->state.manifest ? "true" : "false");
	printf("  \"files\": %u,\n  \"bytes\": %" G_GUINT64_FORMAT
	       ",\n  \"events\": %" G_GUINT64_FORMAT ",\n  \"calls\": %" G_GUINT64_FORMAT
	       ",\n  \"doubts\": [",
	       check->checked.files, check->checked.bytes, check->summary.events,
	       check->summary.calls);
	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);
		g_autofree char *text = fdar_json_text(doubt->text);

		printf("%s\n    { \"kind\": \"%s\", \"text\": %s }", i ? "," : "",
		       fdar_doubt_kind_name(doubt->kind), text);
	}
	printf("%s]\n}\n", doubts->len ? "\n  " : "");
}

int fdar_info_check(const struct fdar_usage *usage, const char *path, enum fdar_format format)
{
	const volatile int *stop = fdar_interrupt_catch();
	struct check check = { 0 };
	GError *error = NULL;
	gboolean good;

	if (!fdar_recording_state_load(path, &check.state, &error)) {
		fdar_recording_state_clear(&check.state);
		return fdar_failure(usage, error);
	}
	fdar_recording_state_check(&check.state, path, &check.checked);
	if (!read_events(&check, path, stop, &error))
		fdar_doubts_add(check.state.doubts, FDAR_DOUBT_DAMAGED, g_strdup(error->message));
	g_clear_error(&error);
	good = is_good(&check);
	if (format == FDAR_FORMAT_JSON)
		print_json(&check, path);
	else
		print_table(&check, path);
	fdar_recording_state_clear(&check.state);
	if (*stop)
		return FDAR_EXIT_INTERRUPTED;
	return good ? FDAR_EXIT_OK : FDAR_EXIT_FAILED;
}
