/* flowdar log for people: a line an entry, exit, call, note. */
#include "cli/log/log_print.h"

#include "base/show.h"
#include "cli/kit/table.h"

#define DEEP_MAX   30 /* levels that are indented */
#define BYTES_LINE 16u
#define NOTE_MOST  200u /* bytes of a note that are shown */

/* Time, thread and indentation of the next line. */
static void start_line(struct fdar_log_print *print, const struct fdar_log_item *item,
		       uint64_t time_ns, unsigned depth)
{
	const char *thread =
		item->thread_name ? fdar_source_text(print->names.source, item->thread_name) : "";
	double since_s = ((double)time_ns - (double)print->names.begin_ns) / 1e9;
	g_autofree char *who = g_strdup_printf("%.14s%s%u", thread, *thread ? "/" : "", item->tid);

	g_string_printf(print->line, "%+14.9f  %-18s ", since_s, who);
	if (depth > DEEP_MAX)
		g_string_append_printf(print->line, "(%u) ", depth);
	g_string_append_printf(print->line, "%*s", 2 * (int)MIN(depth, DEEP_MAX), "");
}

static void end_line(struct fdar_log_print *print)
{
	g_autofree char *shown = fdar_show(print->line->str);

	fputs(shown, print->out);
	fputc('\n', print->out);
}

static void add_duration(GString *line, double ns)
{
	g_autofree char *text = fdar_format_duration(ns);

	g_string_append(line, text);
}

/* ---- what is hidden ---- */

/* Recorded calls that an item stands for, in one of the times of what is around it. */
static uint64_t calls_of(const struct fdar_log_item *item)
{
	uint64_t calls = item->kind == FDAR_LOG_CALL ? item->deep : 0;

	for (guint i = 0; item->below && i < item->below->len; i++)
		calls += calls_of(g_ptr_array_index(item->below, i));
	return calls * item->count;
}

static uint64_t took_ns(const struct fdar_log_item *item)
{
	return item->kind == FDAR_LOG_BLOCK ? item->end_ns - item->start_ns : item->total_ns;
}

static gboolean hide(struct fdar_log_print *print, const struct fdar_log_item *item, unsigned depth)
{
	if (item->kind > FDAR_LOG_BLOCK || item->unfinished || took_ns(item) >= print->hide_ns)
		return FALSE;
	if (!print->hidden)
		print->hidden_depth = depth;
	print->hidden += calls_of(item);
	print->hidden_ns += took_ns(item);
	print->hidden_last = *item;
	return TRUE;
}

/* A line for what was hidden before this one. */
static void tell_hidden(struct fdar_log_print *print)
{
	const struct fdar_log_item *item = &print->hidden_last;
	uint64_t hidden = print->hidden;
	g_autofree char *count = fdar_format_count(hidden);
	g_autofree char *took = fdar_format_duration((double)print->hidden_ns);

	print->hidden = 0;
	if (!hidden)
		return;
	start_line(print, item, item->end_ns, print->hidden_depth);
	g_string_append_printf(print->line, "   (%s call%s hidden, %s)", count,
			       hidden > 1 ? "s" : "", took);
	print->hidden_ns = 0;
	end_line(print);
}

static void begin_line(struct fdar_log_print *print, const struct fdar_log_item *item,
		       uint64_t time_ns, unsigned depth)
{
	tell_hidden(print);
	start_line(print, item, time_ns, depth);
}

static void add_name(struct fdar_log_print *print, const struct fdar_log_item *item)
{
	g_string_append(print->line, fdar_log_name(&print->names, item));
	if (item->frame == FDAR_FRAME_WAIT && item->fd >= 0 && item->times == 1)
		g_string_append_printf(print->line, "(%d) = %" G_GINT64_FORMAT, item->fd,
				       item->result);
	if (item->deep > 1)
		g_string_append_printf(print->line, ", %" G_GUINT64_FORMAT " deep", item->deep);
	if (item->turn)
		g_string_append_printf(print->line, " in turns of %u", item->turn);
	if (item->count > 1)
		g_string_append_printf(print->line, " x%" G_GUINT64_FORMAT, item->count);
}

/* How long it took, and what else there is to say. */
static void add_figures(GString *line, const struct fdar_log_item *item)
{
	g_string_append(line, "  ");
	if (item->times > 1) {
		add_duration(line, (double)item->total_ns / (double)item->times);
		g_string_append(line, " each");
		if (item->max_ns > item->min_ns) {
			g_string_append(line, " (");
			add_duration(line, (double)item->min_ns);
			g_string_append(line, " to ");
			add_duration(line, (double)item->max_ns);
			g_string_append(line, ")");
		}
	} else {
		add_duration(line, (double)item->total_ns);
	}
	if (item->skipped_calls)
		g_string_append_printf(line, ", and %" G_GUINT64_FORMAT " calls too short",
				       item->skipped_calls);
	if (item->unfinished)
		g_string_append(line, ", unfinished");
	if (item->repaired)
		g_string_append(line, ", without a return");
}

static void print_bytes(struct fdar_log_print *print, const struct fdar_log_item *item,
			unsigned depth)
{
	const GByteArray *data = item->data;

	for (guint from = 0; from < data->len; from += BYTES_LINE) {
		guint count = MIN(data->len - from, BYTES_LINE);

		begin_line(print, item, item->start_ns, depth);
		g_string_append(print->line, "|    ");
		for (guint i = 0; i < BYTES_LINE; i++)
			if (i < count)
				g_string_append_printf(print->line, "%02x ", data->data[from + i]);
			else
				g_string_append(print->line, "   ");
		g_string_append_c(print->line, ' ');
		for (guint i = 0; i < count; i++)
			g_string_append_c(print->line, g_ascii_isprint(data->data[from + i])
							       ? (char)data->data[from + i]
							       : '.');
		end_line(print);
	}
}

/* How many there were, and of those that are shown where that is not all. */
static void add_bytes(struct fdar_log_print *print, const struct fdar_log_item *item)
{
	g_string_append_printf(print->line, "%" G_GUINT64_FORMAT " byte%s", item->total,
			       item->total == 1 ? "" : "s");
	if (print->bytes && item->data->len < item->total)
		g_string_append_printf(print->line, ", the first %u", item->data->len);
}

static void print_note(struct fdar_log_print *print, const struct fdar_log_item *item,
		       unsigned depth)
{
	begin_line(print, item, item->start_ns, depth);
	g_string_append_printf(print->line, "|  %s: ", fdar_log_name(&print->names, item));
	if (item->kind == FDAR_LOG_BYTES)
		add_bytes(print, item);
	else
		g_string_append_len(print->line, (const char *)item->data->data,
				    MIN(item->data->len, NOTE_MOST));
	if (item->count > 1)
		g_string_append_printf(print->line, " x%" G_GUINT64_FORMAT, item->count);
	end_line(print);
	if (item->kind == FDAR_LOG_BYTES && print->bytes)
		print_bytes(print, item, depth);
}

static void print_item(void *user, const struct fdar_log_item *item, unsigned depth);

static void print_below(struct fdar_log_print *print, const struct fdar_log_item *item,
			unsigned depth)
{
	for (guint i = 0; item->below && i < item->below->len; i++)
		print_item(print, g_ptr_array_index(item->below, i), depth + 1);
}

static void print_block(struct fdar_log_print *print, const struct fdar_log_item *item,
			unsigned depth)
{
	begin_line(print, item, item->start_ns, depth);
	g_string_append_printf(print->line, "{ x%" G_GUINT64_FORMAT "  ", item->count);
	add_duration(print->line, (double)(item->end_ns - item->start_ns));
	g_string_append(print->line, " in all");
	end_line(print);
	print_below(print, item, depth);
	begin_line(print, item, item->end_ns, depth);
	g_string_append(print->line, "}");
	end_line(print);
}

static void print_leave(void *user, const struct fdar_log_item *item, unsigned depth)
{
	struct fdar_log_print *print = user;

	begin_line(print, item, item->end_ns, depth);
	g_string_append(print->line, "<- ");
	g_string_append(print->line, fdar_log_name(&print->names, item));
	if (item->times == 1)
		add_figures(print->line, item);
	end_line(print);
}

static void print_enter(void *user, const struct fdar_log_item *item, unsigned depth)
{
	struct fdar_log_print *print = user;

	begin_line(print, item, item->start_ns, depth);
	g_string_append(print->line, "-> ");
	add_name(print, item);
	if (item->times > 1)
		add_figures(print->line, item);
	end_line(print);
}

static void print_item(void *user, const struct fdar_log_item *item, unsigned depth)
{
	struct fdar_log_print *print = user;

	if (hide(print, item, depth))
		return;
	if (item->kind == FDAR_LOG_NOTE || item->kind == FDAR_LOG_BYTES) {
		print_note(print, item, depth);
	} else if (item->kind == FDAR_LOG_BLOCK) {
		print_block(print, item, depth);
	} else if (item->below && item->below->len) {
		print_enter(print, item, depth);
		print_below(print, item, depth);
		print_leave(print, item, depth);
	} else {
		begin_line(print, item, item->start_ns, depth);
		g_string_append(print->line, "   ");
		add_name(print, item);
		add_figures(print->line, item);
		end_line(print);
	}
}

static void print_end(void *user)
{
	tell_hidden(user);
}

const struct fdar_log_visitor fdar_log_print_text = {
	.item = print_item,
	.enter = print_enter,
	.leave = print_leave,
	.end = print_end,
};
