/* flowdar log for programs: each item in a line, what is in it inside of it. */
#include "cli/log/log_print.h"

#include "cli/kit/print.h"

static void add_number(GString *line, const char *key, uint64_t value)
{
	g_string_append_printf(line, ", \"%s\": %" G_GUINT64_FORMAT, key, value);
}

static void add_text(GString *line, const char *key, const char *text)
{
	g_autofree char *quoted = fdar_json_text(text);

	g_string_append_printf(line, ", \"%s\": %s", key, quoted);
}

static void add_hex(GString *line, const GByteArray *data)
{
	g_string_append(line, ", \"hex\": \"");
	for (guint i = 0; i < data->len; i++)
		g_string_append_printf(line, "%02x", data->data[i]);
	g_string_append_c(line, '"');
}

static void add_data(struct fdar_log_print *print, const struct fdar_log_item *item)
{
	GString *line = print->line;

	add_text(line, "name", fdar_log_name(&print->names, item));
	if (item->kind == FDAR_LOG_NOTE) {
		g_autofree char *value = g_strndup((const char *)item->data->data, item->data->len);

		add_text(line, "value", value);
		return;
	}
	add_number(line, "bytes", item->total);
	if (print->bytes)
		add_hex(line, item->data);
}

static void add_call(struct fdar_log_print *print, const struct fdar_log_item *item)
{
	GString *line = print->line;

	add_text(line, "name", fdar_log_name(&print->names, item));
	add_text(line, "component", fdar_log_component(&print->names, item));
	add_text(line, "of", fdar_walk_kind_name(item->frame));
	add_number(line, "deep", item->deep);
	add_number(line, "turn", item->turn);
	add_number(line, "times", item->times);
	add_number(line, "total_ns", item->total_ns);
	add_number(line, "min_ns", item->min_ns);
	add_number(line, "max_ns", item->max_ns);
	add_number(line, "skipped_calls", item->skipped_calls);
	if (item->frame == FDAR_FRAME_WAIT)
		g_string_append_printf(line, ", \"fd\": %d, \"result\": %" G_GINT64_FORMAT,
				       item->fd, item->result);
	g_string_append_printf(line, ", \"unfinished\": %s, \"repaired\": %s",
			       item->unfinished ? "true" : "false",
			       item->repaired ? "true" : "false");
}

/* Without the brace that ends it. */
static void add_item(struct fdar_log_print *print, const struct fdar_log_item *item,
		     const char *kind)
{
	GString *line = print->line;

	g_string_append_printf(line, "{\"kind\": \"%s\"", kind);
	add_number(line, "start_epoch_ns", item->start_ns);
	if (item->end_ns)
		add_number(line, "end_epoch_ns", item->end_ns);
	add_number(line, "pid", fdar_source_process(print->names.source, item->pid).pid);
	if (item->pid > INT32_MAX)
		add_number(line, "process", item->pid & INT32_MAX);
	add_number(line, "tid", item->tid);
	if (item->thread_name)
		add_text(line, "thread", fdar_source_text(print->names.source, item->thread_name));
	add_number(line, "session", item->session);
	add_number(line, "count", item->count);
	if (item->kind == FDAR_LOG_CALL)
		add_call(print, item);
	else if (item->kind != FDAR_LOG_BLOCK)
		add_data(print, item);
}

static void add_whole(struct fdar_log_print *print, const struct fdar_log_item *item)
{
	static const char *const kinds[] = { "call", "block", "note", "bytes" };

	add_item(print, item, kinds[item->kind]);
	if (item->below && item->below->len) {
		g_string_append(print->line, ", \"below\": [");
		for (guint i = 0; i < item->below->len; i++) {
			if (i)
				g_string_append(print->line, ", ");
			add_whole(print, g_ptr_array_index(item->below, i));
		}
		g_string_append_c(print->line, ']');
	}
	g_string_append_c(print->line, '}');
}

static void begin(struct fdar_log_print *print)
{
	g_string_assign(print->line, print->begun ? ",\n    " : "\n    ");
	print->begun = TRUE;
}

static void print_item(void *user, const struct fdar_log_item *item, unsigned depth)
{
	struct fdar_log_print *print = user;

	(void)depth;
	begin(print);
	add_whole(print, item);
	fputs(print->line->str, print->out);
}

static void print_piece(struct fdar_log_print *print, const struct fdar_log_item *item,
			unsigned depth, const char *kind)
{
	begin(print);
	add_item(print, item, kind);
	add_number(print->line, "depth", depth);
	g_string_append_c(print->line, '}');
	fputs(print->line->str, print->out);
}

static void print_enter(void *user, const struct fdar_log_item *item, unsigned depth)
{
	print_piece(user, item, depth, "enter");
}

static void print_leave(void *user, const struct fdar_log_item *item, unsigned depth)
{
	print_piece(user, item, depth, "leave");
}

const struct fdar_log_visitor fdar_log_print_json = {
	.item = print_item,
	.enter = print_enter,
	.leave = print_leave,
};
