/* Manual pages, in the macros of man(7): mandoc -Tlint finds nothing in them. */
#include "cli/kit/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/kit/prose.h"

/* mandoc wants lines of text below 80 bytes. */
#define LINE_BYTES 78

char *fdar_manual_escape(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *c = text; *c; c++) {
		gboolean at_begin = c == text || c[-1] == '\n';

		if (at_begin && (*c == '.' || *c == '\''))
			g_string_append(out, "\\&");
		switch (*c) {
		case '\\':
			g_string_append(out, "\\e");
			break;
		case '-':
			g_string_append(out, "\\-");
			break;
		case '\'':
			g_string_append(out, "\\(aq");
			break;
		case '`':
			g_string_append(out, "\\(ga");
			break;
		case '^':
			g_string_append(out, "\\(ha");
			break;
		case '!': /* alone it is no end of a sentence */
			g_string_append(out, "!\\&");
			break;
		case '~':
			g_string_append(out, "\\(ti");
			break;
		default:
			g_string_append_c(out, *c);
		}
	}
	return g_string_free(out, FALSE);
}

/* Escaped words as lines of input, short ones, none of which roff takes for a macro. */
static void print_filled(const char *escaped)
{
	g_autoptr(GString) filled = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;

	fdar_prose_fill(filled, escaped, 0, 0, LINE_BYTES);
	lines = g_strsplit(filled->str, "\n", -1);
	for (char **line = lines; *line; line++)
		printf("%s%s\n", **line == '.' || **line == '\'' ? "\\&" : "", *line);
}

static void print_text(const char *text)
{
	g_autofree char *escaped = fdar_manual_escape(text);

	print_filled(escaped);
}

void fdar_manual_verbatim(const char *lines)
{
	g_autofree char *escaped = fdar_manual_escape(lines);

	printf(".nf\n%s%s.fi\n", escaped, g_str_has_suffix(escaped, "\n") ? "" : "\n");
}

/* One block of prose; begun: something of this section stands above it. */
static void print_block(const struct fdar_prose *block, const struct fdar_prose *before,
			gboolean begun)
{
	g_autofree char *term = NULL;

	switch (block->kind) {
	case FDAR_PROSE_GAP:
		break;
	case FDAR_PROSE_PARAGRAPH:
		if (begun)
			puts(".PP");
		print_text(block->text->str);
		break;
	case FDAR_PROSE_VERBATIM:
		if (before && before->kind != FDAR_PROSE_VERBATIM && begun)
			puts(".PP");
		fdar_manual_verbatim(block->text->str);
		break;
	case FDAR_PROSE_ITEM:
		term = fdar_manual_escape(block->term);
		printf(".TP\n.B %s\n", term);
		print_text(block->text->str);
		break;
	}
}

void fdar_manual_prose(const char *text)
{
	g_autoptr(GArray) blocks = fdar_prose_parse(text);

	for (guint i = 0; i < blocks->len; i++)
		print_block(&g_array_index(blocks, struct fdar_prose, i),
			    i ? &g_array_index(blocks, struct fdar_prose, i - 1) : NULL, i > 0);
}

static void print_option(const GOptionEntry *entry)
{
	g_autofree char *name = fdar_manual_escape(entry->long_name);
	g_autofree char *value =
		entry->arg_description ? fdar_manual_escape(entry->arg_description) : NULL;

	puts(".TP");
	if (entry->short_name)
		printf("\\fB\\-%c\\fR, ", entry->short_name);
	printf("\\fB\\-\\-%s\\fR", name);
	if (value)
		printf("=\\fI%s\\fR", value);
	putchar('\n');
	print_text(entry->description ? entry->description : "");
}

void fdar_manual_print(const struct fdar_usage *usage, const GOptionEntry *entries)
{
	g_autofree char *units = fdar_help_units(entries);
	g_autofree char *synopsis = fdar_manual_escape(usage->synopsis);

	puts(".SH SYNOPSIS");
	printf(".B flowdar %s\n", usage->command);
	print_filled(synopsis);
	puts(".SH DESCRIPTION");
	fdar_manual_prose(usage->description);
	if (entries && entries->long_name)
		puts(".SH OPTIONS");
	for (; entries && entries->long_name; entries++) {
		const char *heading = fdar_usage_heading_of(usage, entries->long_name);

		if (entries->flags & G_OPTION_FLAG_HIDDEN)
			continue;
		if (heading) {
			g_autofree char *escaped = fdar_manual_escape(heading);

			printf(".SS %s\n", escaped);
		}
		print_option(entries);
	}
	if (*units) {
		puts(".PP");
		fdar_manual_prose(units);
	}
	if (usage->examples) {
		puts(".SH EXAMPLES");
		fdar_manual_verbatim(usage->examples);
	}
}
