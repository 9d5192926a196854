#include "cli/kit/prose.h"

#include <string.h>

#define JOINED " \\" /* ends a line of a command that goes on in the next */
#define HANG   4u    /* how much further in that one begins */

static void clear_block(gpointer data)
{
	struct fdar_prose *block = data;

	g_free(block->term);
	if (block->text)
		g_string_free(block->text, TRUE);
}

static gsize columns(const char *text, gssize bytes)
{
	return (gsize)g_utf8_strlen(text, bytes);
}

/* Where the text of an item begins in its line: behind two spaces or more; 0 if it is none. */
static gsize item_text_at(const char *line)
{
	gsize begin = strspn(line, " ");
	const char *gap = strstr(line + begin, "  ");

	if (!line[begin] || !gap)
		return 0;
	gsize at = (gsize)(gap - line) + strspn(gap, " ");

	return line[at] ? at : 0;
}

static void join(GString *text, const char *words)
{
	if (text->len)
		g_string_append_c(text, ' ');
	g_string_append(text, words);
}

/* Whether the line goes on with what the block before it says. */
static gboolean continues(const struct fdar_prose *last, gsize indent, gsize text_at)
{
	if (!last)
		return FALSE;
	if (last->kind == FDAR_PROSE_ITEM)
		return indent >= last->hang;
	return last->kind == FDAR_PROSE_PARAGRAPH && indent == 0 && !text_at;
}

static void add_line(GArray *blocks, const char *line)
{
	struct fdar_prose *last =
		blocks->len ? &g_array_index(blocks, struct fdar_prose, blocks->len - 1) : NULL;
	gsize indent = strspn(line, " ");
	gsize text_at = item_text_at(line);
	struct fdar_prose block = { .kind = FDAR_PROSE_PARAGRAPH, .indent = indent };

	if (!line[indent]) {
		block.kind = FDAR_PROSE_GAP;
	} else if (continues(last, indent, text_at)) {
		join(last->text, line + indent);
		return;
	} else if (text_at) {
		g_autofree char *term = g_strndup(line + indent, text_at - indent);

		block.kind = FDAR_PROSE_ITEM;
		block.hang = columns(line, (gssize)text_at);
		block.term = g_strdup(g_strchomp(term));
		block.text = g_string_new(line + text_at);
	} else {
		block.kind = indent ? FDAR_PROSE_VERBATIM : FDAR_PROSE_PARAGRAPH;
		block.text = g_string_new(line);
	}
	g_array_append_val(blocks, block);
}

GArray *fdar_prose_parse(const char *text)
{
	GArray *blocks = g_array_new(FALSE, TRUE, sizeof(struct fdar_prose));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_array_set_clear_func(blocks, clear_block);
	for (char **line = lines; *line; line++) {
		if (**line || line[1])
			add_line(blocks, *line);
	}
	return blocks;
}

void fdar_prose_fill(GString *out, const char *words, gsize column, gsize indent, gsize width)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);
	gboolean first = TRUE;

	for (char **word = list; *word; word++) {
		gsize length = columns(*word, -1);

		if (!**word)
			continue;
		if (!first && width && column + 1 + length > width) {
			g_string_append_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			g_string_append_c(out, ' ');
			column++;
		}
		g_string_append(out, *word);
		column += length;
		first = FALSE;
	}
}

/* Where the next argument of a command ends: at a space that no quotes are around. A comment is one. */
static gsize argument_length(const char *text)
{
	char quote = '\0';
	gsize length = 0;

	if (*text == '#')
		return strlen(text);
	for (; text[length] && (quote || text[length] != ' '); length++) {
		if (quote && text[length] == quote)
			quote = '\0';
		else if (!quote && (text[length] == '\'' || text[length] == '"'))
			quote = text[length];
	}
	return length;
}

static void set_command(GString *out, const char *line, gsize width)
{
	gsize indent = strspn(line, " "), used = indent;

	g_string_append_printf(out, "%*s", (int)indent, "");
	for (const char *at = line + indent; *at;) {
		gsize length = argument_length(at), spaces = strspn(at + length, " ");
		/* The last one needs no room for what joins the lines. */
		gsize room = at[length + spaces] ? columns(JOINED, -1) : 0;
		gsize wide = columns(at, (gssize)length);

		if (at != line + indent && used + wide + room > width) {
			while (out->str[out->len - 1] == ' ')
				g_string_truncate(out, out->len - 1);
			g_string_append_printf(out, JOINED "\n%*s", (int)(indent + HANG), "");
			used = indent + HANG;
		}
		g_string_append_len(out, at, (gssize)(length + spaces));
		used += wide + spaces;
		at += length + spaces;
	}
}

void fdar_prose_commands(GString *out, const char *lines, gsize width)
{
	g_auto(GStrv) list = g_strsplit(lines, "\n", -1);

	for (char **line = list; *line && (**line || line[1]); line++) {
		if (!width || columns(*line, -1) <= width)
			g_string_append(out, *line);
		else
			set_command(out, *line, width);
		g_string_append_c(out, '\n');
	}
}

static void set_block(GString *out, const struct fdar_prose *block, gsize width)
{
	switch (block->kind) {
	case FDAR_PROSE_GAP:
		break;
	case FDAR_PROSE_PARAGRAPH:
		fdar_prose_fill(out, block->text->str, 0, 0, width);
		break;
	case FDAR_PROSE_VERBATIM:
		g_string_append(out, block->text->str);
		break;
	case FDAR_PROSE_ITEM: {
		gsize used = block->indent + columns(block->term, -1);

		g_string_append_printf(out, "%*s%s%*s", (int)block->indent, "", block->term,
				       (int)(block->hang - used), "");
		fdar_prose_fill(out, block->text->str, block->hang, block->hang, width);
		break;
	}
	}
	g_string_append_c(out, '\n');
}

void fdar_prose_set(GString *out, const char *text, gsize width)
{
	g_autoptr(GArray) blocks = fdar_prose_parse(text);

	for (guint i = 0; i < blocks->len; i++)
		set_block(out, &g_array_index(blocks, struct fdar_prose, i), width);
}
