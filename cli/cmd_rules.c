/* flowdar rules: what a rules file makes of a trace. */
#include <gio/gio.h>
#include <stdio.h>

#include "analyze/rules/rules.h"
#include "base/amount.h"
#include "cli/kit/cells.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/print.h"
#include "cli/kit/table.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source.h"

#define BATCH 512u

static const struct fdar_usage usage = {
	.command = "rules",
	.synopsis = "FILE [--check TRACE] [OPTIONS]",
	.description =
		"Reads a rules file, which says what the events and functions of a server mean "
		"that "
		"nobody marked:\n"
		"sessions, requests, hand-offs, components. analyze and diff take it by --rules, "
		"or "
		"out of the\n"
		"recording, where it is called rules. The grammar is in docs/rules.md.\n"
		"\n"
		"--check TRACE says for each rule what it met there: how often, how often its "
		"pattern did not match\n"
		"or its key was missing, and what looks wrong: keys that began again while they "
		"were open, ends\n"
		"without a begin, and begins without an end. Below the table it says so in words, "
		"with what may be\n"
		"the cause.\n",
	.examples = "  flowdar rules my-server.rules\n"
		    "  flowdar rules my-server.rules --check trace/\n"
		    "  flowdar analyze trace/ --rules my-server.rules\n",
};

static gboolean go_on(void *user)
{
	const volatile int *stop = user;

	return !*stop;
}

static const char *text_of(const void *source, uint32_t name)
{
	return fdar_source_text(source, name);
}

/* Where events are missing, an end may be among them. */
static void warn_of_doubts(const struct fdar_source *source, const char *path)
{
	const GPtrArray *doubts = fdar_source_doubts(source);

	for (guint i = 0; i < doubts->len; i++)
		fdar_warning(&usage, "%s: %s", path,
			     ((const struct fdar_doubt *)g_ptr_array_index(doubts, i))->text);
}

/* What all rules met in the trace; NULL and error. */
static GArray *check(const struct fdar_rules *rules, const char *path, const char *listing,
		     GError **error)
{
	g_autofree char *symbols_dir = g_build_filename(path, "symbols", NULL);
	const volatile int *stop = fdar_interrupt_catch();
	const struct fdar_source_options how = { .maps = fdar_rules_maps(rules),
						 .go_on = go_on,
						 .user = (void *)stop };
	g_autoptr(fdar_source) source = fdar_source_open_with(path, &how, error);
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(symbols_dir);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	g_autoptr(fdar_rules_run) run = NULL;
	gssize count = 0;
	size_t length;

	if (!source || (listing && !fdar_symbols_use_listing(symbols, listing, error)))
		return NULL;
	run = fdar_rules_run_new(rules, text_of, fdar_source_namespace, source, symbols);
	while (!*stop && (count = fdar_source_read(source, batch, BATCH, error)) > 0) {
		fdar_symbols_add_modules(symbols, batch, (size_t)count, text_of, source);
		fdar_rules_run_apply(run, batch, (size_t)count, &length);
	}
	if (*stop)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
	if (*stop || count < 0)
		return NULL;
	warn_of_doubts(source, path);
	return fdar_rules_run_met(run);
}

static void print(const GArray *met, enum fdar_format format)
{
	static const struct fdar_column columns[] = {
		{ "rule", "rule", FALSE, FDAR_FIT_CUT },
		{ "met", "met", TRUE, FALSE },
		{ "other text", "no_match", TRUE, FALSE },
		{ "no key", "no_key", TRUE, FALSE },
		{ "began again", "began_again", TRUE, FALSE },
		{ "no begin", "no_begin", TRUE, FALSE },
		{ "no end", "no_end", TRUE, FALSE },
		{ "early", "early", TRUE, FALSE },
		{ "uncertain", "uncertain", TRUE, FALSE },
		{ "no field", "no_field", TRUE, FALSE },
	};
	g_autoptr(fdar_table) table = fdar_table_new("rules", columns, G_N_ELEMENTS(columns));

	for (guint i = 0; i < met->len; i++) {
		const struct fdar_rule_met *rule = &g_array_index(met, struct fdar_rule_met, i);
		const guint64 figures[] = { rule->met,   rule->no_match,  rule->no_key,
					    rule->again, rule->stray,     rule->open,
					    rule->early, rule->uncertain, rule->no_field };

		fdar_table_row(table);
		fdar_table_cell(table, 0, rule->name, NULL);
		for (size_t column = 0; column < G_N_ELEMENTS(figures); column++)
			fdar_cell_count(table, column + 1, (double)figures[column]);
	}
	fdar_table_print(table, format, stdout);
}

/* How often something looked wrong, and what that may be. */
static void tell_if(GPtrArray *lines, guint64 count, const char *rule, const char *what,
		    const char *why)
{
	g_autofree char *number = fdar_format_count(count);

	if (count)
		g_ptr_array_add(lines, g_strdup_printf("%s: %s %s: %s", rule, number, what, why));
}

static void tell_unmet(GPtrArray *lines, const struct fdar_rule_met *rule)
{
	if (rule->met || rule->no_match || rule->no_key)
		return;
	if (rule->event)
		g_ptr_array_add(lines, g_strdup_printf("%s: met nothing: the trace has no event "
						       "%s, or not on such a thread, in such a "
						       "process or namespace (flowdar info "
						       "lists what there is)",
						       rule->name, rule->event));
	else
		g_ptr_array_add(lines,
				g_strdup_printf("%s: met nothing: no function like %s was "
						"recorded, or not on such a thread, in such a "
						"process or namespace, or "
						"functions have no names (--symbols)",
						rule->name, rule->function));
}

/* What a writer of rules should look at, a line each. */
static void tell_wrong(const GArray *met)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < met->len; i++) {
		const struct fdar_rule_met *rule = &g_array_index(met, struct fdar_rule_met, i);

		tell_unmet(lines, rule);
		if (!rule->met)
			tell_if(lines, rule->no_match, rule->name, "events, and no match",
				"the pattern fits none of their texts");
		tell_if(lines, rule->no_key, rule->name, "matches without a key",
			"the group of the pattern was empty, or the event has no such field with a "
			"number or a text of its own");
		tell_if(lines, rule->no_field, rule->name, "events without a field",
			"peer, label, what or fd names one that they have not (or no text, no "
			"number)");
		tell_if(lines, rule->again, rule->name, "begins of what was open",
			"an end is missing, or the key is used again before it");
		tell_if(lines, rule->stray, rule->name, "times nothing of that was open",
			"it began before the recording, no rule begins it, or the keys of the two "
			"rules differ");
		tell_if(lines, rule->early, rule->name, "takes before their put",
			"the server says that it puts when it has put; each is taken for what is "
			"put "
			"next (at most 100 ms later). Better: say it before");
		tell_if(lines, rule->uncertain, rule->name, "hand-overs are uncertain",
			"the queue was not empty when the recording began, or a put or take is not "
			"told; tell objects by a number or address (object=)");
		tell_if(lines, rule->open, rule->name, "begins without an end",
			"open when the recording ended, or no rule ends it");
	}
	if (lines->len)
		putchar('\n');
	for (guint i = 0; i < lines->len; i++)
		fdar_print_line("%s", (const char *)lines->pdata[i]);
}

static int run(const char *file, const char *trace, const char *listing, enum fdar_format format)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_rules) rules = fdar_rules_load(file, &error);
	g_autoptr(GArray) met = NULL;

	if (!rules)
		return fdar_failure(&usage, g_steal_pointer(&error));
	if (!trace)
		return FDAR_EXIT_OK;
	met = check(rules, trace, listing, &error);
	if (!met) {
		gboolean stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

		fdar_failure(&usage, g_steal_pointer(&error));
		return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
	}
	print(met, format);
	if (format == FDAR_FORMAT_TABLE)
		tell_wrong(met);
	return FDAR_EXIT_OK;
}

int fdar_cmd_rules(int argc, char **argv)
{
	g_autofree char *trace = NULL, *listing = NULL, *format_text = NULL;
	const GOptionEntry entries[] = {
		{ "check", 0, 0, G_OPTION_ARG_FILENAME, &trace, "The trace to try them on",
		  "TRACE" },
		FDAR_OPTION_SYMBOLS(&listing),
		{ "format", 0, 0, G_OPTION_ARG_STRING, &format_text, "table (default), json or csv",
		  "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	enum fdar_format format;
	int code = FDAR_EXIT_OK;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code))
		return code;
	if (argc != 2)
		return fdar_usage_error(&usage, "expected one rules file");
	if (g_file_test(argv[1], G_FILE_TEST_IS_DIR))
		return fdar_usage_error(&usage,
					"%s: is a directory; expected a rules file there, and a "
					"trace behind --check",
					argv[1]);
	if (!fdar_format_parse(format_text, &format))
		return fdar_usage_error(&usage, "--format %s: expected table, json or csv",
					format_text);
	return run(argv[1], trace, listing, format);
}
