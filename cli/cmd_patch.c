/* flowdar patch: the header's macros put into a known server's source, and taken out again. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/amount.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "instrument/patcher/patch_apply.h"
#include "instrument/patcher/patch_new.h"
#include "instrument/patcher/patch_store.h"
#include "cli/kit/table.h"
#include "cli/kit/terminal.h"

#define SHOW_AFTER_US 1000000

static const struct fdar_usage_values values[] = {
	{ "server", "haproxy httpd lighttpd memcached nginx postgresql redis unbound", TRUE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage usage = {
	.values = values,
	.command = "patch",
	.synopsis = "[OPTIONS] DIR",
	.description =
		"Marks the source of a known server (haproxy, httpd, lighttpd, memcached, nginx, "
		"PostgreSQL, redis,\n"
		"unbound) in DIR: where a client's session begins and ends, where threads hand it "
		"over, and its\n"
		"requests. The marks are the macros of flowdar.h, which is put into the tree too, "
		"so "
		"DIR is built as\n"
		"always; a server built so costs nothing while it is not recorded. Or with "
		"functions: make\n"
		"CC=\"flowdar cc\". All rules have to match, or nothing is changed: of a version "
		"that "
		"one does not fit,\n"
		"--skip leaves it out, and --sessions-only all but the sessions. Rules of one "
		"patch "
		"go together.\n"
		"DIR/.flowdar-patch keeps what is needed to take it back. Needs Coccinelle (Debian "
		"package coccinelle).\n",
	.examples = "  flowdar patch --check httpd-2.4.68        # what would change\n"
		    "  flowdar patch httpd-2.4.68\n"
		    "  cd httpd-2.4.68 && ./configure && make\n"
		    "  flowdar patch --skip 'request end' httpd-2.2.34\n"
		    "  flowdar patch --reverse httpd-2.4.68\n"
		    "  flowdar patch --list                      # servers and what is marked\n"
		    "  flowdar patch --new mine my-server        # rules for a server of your own\n"
		    "  flowdar patch --set mine --check my-server\n",
};

struct choice {
	char *server;
	char *set;   /* the directory of one's own, NULL: those that come with flowdar */
	char *fresh; /* the directory of a new one, or NULL */
	gboolean check, reverse, list;
	char **skip;
	gboolean sessions_only;
	enum fdar_format format;
};

enum column { SERVER, RULE, STATE, PLACE, TIMES, MARKS };

static const struct fdar_column columns[] = {
	[SERVER] = { "server", "server", FALSE, FALSE },
	[RULE] = { "rule", "rule", FALSE, FALSE },
	[STATE] = { "", "state", FALSE, FALSE },
	[PLACE] = { "where", "place", FALSE, FDAR_FIT_TAIL },
	[TIMES] = { "times", "times", TRUE, FALSE },
	[MARKS] = { "what", "marks", FALSE, FDAR_FIT_CUT },
};

static void set_times(struct fdar_table *table, guint times)
{
	g_autofree char *text = g_strdup_printf("%u", times);

	fdar_table_cell(table, TIMES, text, NULL);
}

static int list_rules(const GPtrArray *sets, enum fdar_format format)
{
	g_autoptr(fdar_table) table = fdar_table_new("rules", columns, G_N_ELEMENTS(columns));

	for (guint i = 0; i < sets->len; i++) {
		const struct fdar_patch_set *set = g_ptr_array_index(sets, i);

		for (guint j = 0; j < set->rules->len; j++) {
			const struct fdar_patch_rule *rule = g_ptr_array_index(set->rules, j);

			fdar_table_row(table);
			fdar_table_cell(table, SERVER, set->server, NULL);
			fdar_table_cell(table, RULE, rule->name, NULL);
			fdar_table_cell(table, STATE, rule->needed ? "needed" : "if it is there",
					NULL);
			fdar_table_cell(table, PLACE, rule->file, NULL);
			set_times(table, rule->times);
			fdar_table_cell(table, MARKS, rule->marks, NULL);
		}
	}
	fdar_table_print(table, format, stdout);
	for (guint i = 0; format == FDAR_FORMAT_TABLE && i < sets->len; i++) {
		const struct fdar_patch_set *set = g_ptr_array_index(sets, i);

		printf("%s%s: %s, made for %s\n", i ? "" : "\n", set->server, set->title,
		       set->made_for);
	}
	return FDAR_EXIT_OK;
}

/* ---- what came of the rules ---- */

static const char *state_of(const struct fdar_patch_match *match)
{
	if (match->skipped)
		return "skipped";
	if (match->fits)
		return match->times ? "matches" : "not there";
	return match->problem ? "no file" : match->times ? "WRONG NUMBER" : "NO MATCH";
}

static void report_rules(const struct fdar_patch_outcome *outcome, enum fdar_format format,
			 gboolean misfits_only)
{
	g_autoptr(fdar_table) table = fdar_table_new("rules", columns, G_N_ELEMENTS(columns));

	for (guint i = 0; i < outcome->matches->len; i++) {
		const struct fdar_patch_match *match = g_ptr_array_index(outcome->matches, i);
		g_autofree char *place =
			match->line ? g_strdup_printf("%s:%u", match->rule->file, match->line)
				    : g_strdup(match->rule->file);

		if (misfits_only && match->fits)
			continue;
		fdar_table_row(table);
		fdar_table_cell(table, SERVER, outcome->set->server, NULL);
		fdar_table_cell(table, RULE, match->rule->name, NULL);
		fdar_table_cell(table, STATE, state_of(match), NULL);
		fdar_table_cell(table, PLACE, place, NULL);
		set_times(table, match->times);
		fdar_table_cell(table, MARKS, match->rule->marks, NULL);
	}
	fdar_table_print(table, format, stdout);
}

static int report_misfits(const struct fdar_patch_outcome *outcome, const char *directory,
			  const struct choice *choice)
{
	const struct fdar_patch_set *set = outcome->set;

	report_rules(outcome, choice->format, !choice->check);
	for (guint i = 0; i < outcome->matches->len; i++) {
		const struct fdar_patch_match *match = g_ptr_array_index(outcome->matches, i);

		if (!match->fits && match->problem)
			fdar_warning(&usage, "%s", match->problem);
	}
	return fdar_failure(&usage,
			    g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED,
					"%s (%s %s): %u of %u rules do not fit (they were made for "
					"%s); nothing was changed; --skip RULE leaves one out",
					directory, set->server, outcome->version, outcome->misfits,
					outcome->matches->len, set->made_for));
}

static void report_files(const struct fdar_patch_outcome *outcome, const char *directory,
			 gboolean done)
{
	guint marks = 0, changed = 0;

	for (guint i = 0; i < outcome->matches->len; i++)
		marks += ((struct fdar_patch_match *)g_ptr_array_index(outcome->matches, i))->times;
	for (guint i = 0; i < outcome->files->len; i++)
		changed += ((struct fdar_patch_file *)g_ptr_array_index(outcome->files, i))
				   ->original != NULL;
	g_autofree char *what = fdar_plural(marks, "mark", NULL);
	g_autofree char *where = fdar_plural(changed, "file", NULL);

	printf("\n%s (%s %s): %s%s in %s, and %s\n", directory, outcome->set->server,
	       outcome->version, done ? "" : "would get ", what, where, outcome->set->header);
	if (done)
		printf("build it as always; flowdar patch --reverse %s takes it back\n", directory);
}

/* ---- progress ---- */

struct view {
	const char *directory;
	gint64 started_us;
	gboolean shown;
};

static void show_step(void *user, const char *file, guint done, guint of)
{
	struct view *view = user;

	if (!fdar_terminal_is_ours() || g_get_monotonic_time() - view->started_us < SHOW_AFTER_US)
		return;
	view->shown = TRUE;
	fprintf(stderr, "\r\033[Kpatching: %s (%u of %u rules)", file, done, of);
	fflush(stderr);
}

static void clear_view(struct view *view)
{
	if (view->shown)
		fputs("\r\033[K", stderr);
}

/* ---- a set of one's own ---- */

static const struct fdar_column place_columns[] = {
	{ "it", "call", FALSE, FALSE },
	{ "where", "place", FALSE, FDAR_FIT_TAIL },
	{ "as it is written", "text", FALSE, FDAR_FIT_CUT },
};

static void report_places(const GPtrArray *places, enum fdar_format format)
{
	static const struct {
		const char *why, *what;
	} verbs[] = { { "accept", "accepts" }, { "close", "closes" }, { "wait", "waits" } };
	g_autoptr(fdar_table) table =
		fdar_table_new("places", place_columns, G_N_ELEMENTS(place_columns));

	for (guint i = 0; i < places->len; i++) {
		const struct fdar_patch_place *place = g_ptr_array_index(places, i);
		g_autofree char *where = g_strdup_printf("%s:%u", place->file, place->line);

		fdar_table_row(table);
		for (gsize verb = 0; verb < G_N_ELEMENTS(verbs); verb++)
			if (strcmp(verbs[verb].why, place->why) == 0)
				fdar_table_cell(table, 0, verbs[verb].what, NULL);
		fdar_table_cell(table, 1, where, NULL);
		fdar_table_cell(table, 2, place->text, NULL);
	}
	fdar_table_print(table, format, stdout);
}

static int begin_set(const struct choice *choice, const char *tree)
{
	g_autoptr(GPtrArray) places = NULL;
	GError *error = NULL;

	if ((tree && !(places = fdar_patch_places(tree, &error))) ||
	    !fdar_patch_new(choice->fresh, places, &error))
		return fdar_failure(&usage, error);
	if (places && places->len)
		report_places(places, choice->format);
	if (choice->format == FDAR_FORMAT_TABLE)
		printf("%s%s has rules.ini, session.cocci and queue.cocci: edit them until this "
		       "says "
		       "that all of it fits\n"
		       "    flowdar patch --set %s --check %s\n",
		       places && places->len ? "\n" : "", choice->fresh, choice->fresh,
		       tree ? tree : "TREE");
	return FDAR_EXIT_OK;
}

/* Whether the set of one's own is sound; if not, what is wrong has been said. */
static gboolean set_is_sound(const GPtrArray *sets, const struct choice *choice)
{
	g_autoptr(GPtrArray) faults = NULL;

	if (!choice->set)
		return TRUE;
	faults = fdar_patch_faults(g_ptr_array_index(sets, 0));
	for (guint i = 0; i < faults->len; i++)
		fdar_warning(&usage, "%s: %s", choice->set,
			     (const char *)g_ptr_array_index(faults, i));
	return faults->len == 0;
}

/* ---- the command ---- */

static const struct fdar_patch_set *choose_set(const GPtrArray *sets, const char *server,
					       gboolean one, const struct fdar_patch_tree *tree,
					       GError **error)
{
	g_autofree char *names = fdar_patch_sets_names(sets);
	const struct fdar_patch_set *set = NULL;

	if (server && (set = fdar_patch_sets_find(sets, server)))
		return set;
	if (one)
		return g_ptr_array_index(sets, 0);
	for (guint i = 0; !server && i < sets->len; i++) {
		g_autofree char *version = fdar_patch_version(tree, g_ptr_array_index(sets, i));

		if (version)
			return g_ptr_array_index(sets, i);
	}
	if (server)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "there are no patches for \"%s\", only for %s", server, names);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: is the source of no server that there are patches for (%s); "
			    "--server NAME says which it is",
			    tree->path, names);
	return NULL;
}

static int fail(GError *error)
{
	gboolean stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

	fdar_failure(&usage, error);
	return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
}

static int reverse(const struct fdar_patch_tree *tree)
{
	g_autofree char *what = fdar_patch_store_describe(tree);
	GError *error = NULL;
	guint restored;

	if (!what)
		return fdar_failure(&usage, g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
							"%s: is not patched (there is no %s in it)",
							tree->path, FDAR_PATCH_STORE));
	if (!fdar_patch_store_reverse(tree, &restored, &error))
		return fail(error);
	g_autofree char *files =
		fdar_plural(restored, "file is as it was", "files are as they were");

	printf("%s (%s): %s\n", tree->path, what, files);
	return FDAR_EXIT_OK;
}

static int apply(const struct fdar_patch_tree *tree, const GPtrArray *sets,
		 const struct choice *choice)
{
	struct view view = { .directory = tree->path, .started_us = g_get_monotonic_time() };
	const struct fdar_patch_choice left_out = { (const char *const *)choice->skip,
						    choice->sessions_only };
	struct fdar_patch_progress progress = { fdar_interrupt_catch(), show_step, &view };
	g_autofree char *before = fdar_patch_store_describe(tree);
	g_autoptr(fdar_patch_outcome) outcome = NULL;
	const struct fdar_patch_set *set;
	GError *error = NULL;

	if (before)
		return fdar_failure(&usage,
				    g_error_new(G_IO_ERROR, G_IO_ERROR_EXISTS,
						"%s: is patched already (%s), or was in part; "
						"flowdar patch --reverse %s takes it back",
						tree->path, before, tree->path));
	set = choose_set(sets, choice->server, choice->set != NULL, tree, &error);
	if (!set)
		return fail(error);
	outcome = fdar_patch_apply(tree, set, &left_out, &progress, &error);
	clear_view(&view);
	if (!outcome)
		return fail(error);
	if (outcome->misfits)
		return report_misfits(outcome, tree->path, choice);
	if (!choice->check && !fdar_patch_store_commit(tree, outcome, &error))
		return fail(error);
	report_rules(outcome, choice->format, FALSE);
	if (choice->format == FDAR_FORMAT_TABLE)
		report_files(outcome, tree->path, !choice->check);
	return FDAR_EXIT_OK;
}

static GPtrArray *load_sets(const struct choice *choice, GError **error)
{
	g_autofree char *home = fdar_patch_sets_directory();

	return choice->set ? fdar_patch_sets_load_one(choice->set, error)
			   : fdar_patch_sets_load(home, error);
}

static int run(const struct choice *choice, const char *directory)
{
	g_autoptr(GPtrArray) sets = NULL;
	struct fdar_patch_tree tree;
	GError *error = NULL;
	int code;

	if (choice->reverse || (sets = load_sets(choice, &error))) {
		if (choice->list)
			return list_rules(sets, choice->format);
		if (!choice->reverse && !set_is_sound(sets, choice))
			return FDAR_EXIT_FAILED;
		if (fdar_patch_tree_open(&tree, directory, &error)) {
			code = choice->reverse ? reverse(&tree) : apply(&tree, sets, choice);
			fdar_patch_tree_close(&tree);
			return code;
		}
	}
	return fail(error);
}

int fdar_cmd_patch(int argc, char **argv)
{
	struct choice choice = { 0 };
	g_autofree char *server = NULL, *format = NULL, *set = NULL, *fresh = NULL;
	const GOptionEntry entries[] = {
		{ "server", 's', 0, G_OPTION_ARG_STRING, &server,
		  "which server's source it is (found out without)", "NAME" },
		{ "check", 'n', 0, G_OPTION_ARG_NONE, &choice.check,
		  "change nothing: say which rules match, and where", NULL },
		{ "skip", 0, 0, G_OPTION_ARG_STRING_ARRAY, &choice.skip,
		  "leave out a rule, and what its patch has besides; may be repeated", "RULE" },
		{ "sessions-only", 0, 0, G_OPTION_ARG_NONE, &choice.sessions_only,
		  "only what marks sessions: no requests, no hand-offs", NULL },
		{ "reverse", 'R', 0, G_OPTION_ARG_NONE, &choice.reverse,
		  "give the files back as they were, to the byte", NULL },
		{ "list", 'l', 0, G_OPTION_ARG_NONE, &choice.list,
		  "what there are rules for, and what they mark", NULL },
		{ "new", 0, 0, G_OPTION_ARG_FILENAME, &fresh,
		  "begin rules for a server of your own, in this new directory; with its source, "
		  "where "
		  "it accepts, closes and waits is listed",
		  "DIR" },
		{ "set", 0, 0, G_OPTION_ARG_FILENAME, &set,
		  "take the rules of this directory, and say what is wrong with them", "DIR" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &format, "table, json or csv", "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	int code;

	g_auto(GStrv) skip = NULL;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code))
		return code;
	skip = choice.skip;
	choice.server = server;
	choice.set = set;
	choice.fresh = fresh;
	if (choice.check + choice.reverse + choice.list + (fresh != NULL) > 1)
		return fdar_usage_error(&usage,
					"--check, --reverse, --list and --new exclude each other");
	if (set && (server || fresh))
		return fdar_usage_error(&usage, "--set takes neither --server nor --new");
	if (!fdar_format_parse(format, &choice.format))
		return fdar_usage_error(&usage, "--format is table, json or csv");
	if (fresh)
		return argc > 2 ? fdar_usage_error(&usage, "--new takes one source tree, or none")
				: begin_set(&choice, argc == 2 ? argv[1] : NULL);
	if (argc != (choice.list ? 1 : 2))
		return fdar_usage_error(&usage, choice.list ? "--list takes no directory"
							    : "one source tree is expected");
	return run(&choice, choice.list ? "." : argv[1]);
}
