/* flowdar doctor: what works on this machine, and the lines that mend the rest. */
#include <stdio.h>

#include "cli/doctor/checks.h"
#include "cli/kit/command.h"
#include "cli/kit/options.h"
#include "cli/kit/print.h"
#include "cli/kit/table.h"

static const struct fdar_usage usage = {
	.command = "doctor",
	.synopsis = "[OPTIONS] [PROGRAM]",
	.description =
		"Looks what of flowdar works on this machine for this user: LTTng's "
		"daemons, memory, "
		"rights,\n"
		"limits, other programs. Says what is lost where something is missing, and "
		"the line that "
		"mends\n"
		"it; lines that only root can say stand together, to be pasted by an admin. "
		"Nothing is "
		"changed.\n"
		"\n"
		"--try records a program that sleeps, too, and reads the recording back.\n"
		"Of a PROGRAM with debug information it says how many functions of its source\n"
		"are inlined into others: those cannot be recorded by themselves.\n"
		"\n"
		"Exit status: 0 when servers can be recorded, 1 when they cannot.\n",
	.examples = "  flowdar doctor\n"
		    "  flowdar doctor ./server\n"
		    "  flowdar doctor --try --format json\n",
};

enum column { CHECK, STATE, FOUND, FOR, EFFECT, MEND };

static const struct fdar_column columns[] = {
	[CHECK] = { "", "check", FALSE, FALSE },
	[STATE] = { "", "state", FALSE, FALSE },
	[FOUND] = { "found", "found", FALSE, FDAR_FIT_CUT },
	[FOR] = { "for", "for", FALSE, FDAR_FIT_DROP(1) },
	[EFFECT] = { "lost", "effect", FALSE, FDAR_FIT_CUT },
	[MEND] = { "mend", "mend", FALSE, FDAR_FIT_CUT },
};

static const char *const states[] = {
	[FDAR_HEALTH_GOOD] = "ok",
	[FDAR_HEALTH_LESS] = "less",
	[FDAR_HEALTH_BAD] = "MISSING",
};

static void add_row(struct fdar_table *table, const struct fdar_check *check,
		    const struct fdar_finding *finding)
{
	fdar_table_row(table);
	fdar_table_cell(table, CHECK, check->name, NULL);
	fdar_table_cell(table, STATE, states[finding->health], NULL);
	fdar_table_cell(table, FOUND, finding->found, NULL);
	fdar_table_cell(table, FOR, check->what, NULL);
}

/* Those that are not for people's table: there they are lines below it. */
static void add_machine_cells(struct fdar_table *table, const struct fdar_finding *finding)
{
	fdar_table_cell(table, EFFECT, finding->effect, NULL);
	fdar_table_cell(table, MEND, finding->mend, NULL);
}

static const struct fdar_check tried = { "try", "recording", fdar_check_record };
static const struct fdar_check program_named = { "program", "functions", NULL };

/* The lines below the table: what is lost, then what mends it, those for root last. */
static void print_mends(const struct fdar_check *const *checks, const GArray *findings)
{
	gboolean heading = FALSE;

	for (guint i = 0; i < findings->len; i++) {
		const struct fdar_finding *finding =
			&g_array_index(findings, struct fdar_finding, i);

		if (finding->effect) {
			if (!heading)
				putchar('\n');
			heading = TRUE;
			fdar_print_line("%s: %s", checks[i]->name, finding->effect);
		}
	}
	for (int admin = 0; admin < 2; admin++) {
		heading = FALSE;
		for (guint i = 0; i < findings->len; i++) {
			const struct fdar_finding *finding =
				&g_array_index(findings, struct fdar_finding, i);

			if (!finding->mend || finding->admin != admin)
				continue;
			if (!heading)
				printf("\n%s:\n", admin ? "To mend it, as root" : "To mend it");
			heading = TRUE;
			g_autofree char *mend = g_strconcat("  ", finding->mend, NULL);

			fdar_print_verbatim(mend);
		}
	}
}

static void clear_finding(gpointer data)
{
	fdar_finding_clear(data);
}

static int examine(enum fdar_format format, gboolean try_it, const char *program)
{
	size_t width = format == FDAR_FORMAT_TABLE ? EFFECT : G_N_ELEMENTS(columns);
	g_autoptr(fdar_table) table = fdar_table_new("checks", columns, width);
	g_autoptr(GArray) findings = g_array_new(FALSE, TRUE, sizeof(struct fdar_finding));
	g_autoptr(GPtrArray) checks = g_ptr_array_new();
	gboolean bad = FALSE;

	g_array_set_clear_func(findings, clear_finding);
	for (const struct fdar_check *check = fdar_checks; check->name; check++)
		g_ptr_array_add(checks, (gpointer)check);
	if (try_it)
		g_ptr_array_add(checks, (gpointer)&tried);
	if (program)
		g_ptr_array_add(checks, (gpointer)&program_named);
	for (guint i = 0; i < checks->len; i++) {
		const struct fdar_check *check = g_ptr_array_index(checks, i);
		struct fdar_finding finding = { 0 };

		if (check->look)
			check->look(&finding);
		else
			fdar_check_program(program, &finding);
		bad |= finding.health == FDAR_HEALTH_BAD;
		add_row(table, check, &finding);
		if (format != FDAR_FORMAT_TABLE)
			add_machine_cells(table, &finding);
		g_array_append_val(findings, finding);
	}
	fdar_table_print(table, format, stdout);
	if (format == FDAR_FORMAT_TABLE)
		print_mends((const struct fdar_check *const *)checks->pdata, findings);
	return bad ? FDAR_EXIT_FAILED : FDAR_EXIT_OK;
}

int fdar_cmd_doctor(int argc, char **argv)
{
	g_autofree char *format_text = NULL;
	gboolean try_it = FALSE;
	const GOptionEntry entries[] = {
		{ "try", 0, 0, G_OPTION_ARG_NONE, &try_it, "Record something for real, too", NULL },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &format_text, "table (default), json or csv",
		  "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	enum fdar_format format = FDAR_FORMAT_TABLE;
	int code;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code))
		return code;
	if (argc > 2)
		return fdar_usage_error(&usage, "%s: expected one program", argv[2]);
	if (!fdar_format_parse(format_text, &format))
		return fdar_usage_error(&usage, "--format %s: expected table, json or csv",
					format_text);
	g_autofree char *found = argv[1] ? g_find_program_in_path(argv[1]) : NULL;

	if (argv[1] && !found && !g_file_test(argv[1], G_FILE_TEST_IS_REGULAR))
		return fdar_failure(&usage,
				    g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOENT,
						"%s: there is no such program; expected its path, "
						"or a name in PATH",
						argv[1]));
	return examine(format, try_it, found ? found : argv[1]);
}
