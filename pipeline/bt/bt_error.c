#include "pipeline/bt/bt_error.h"

#include <babeltrace2/babeltrace.h>
#include <string.h>

#include "base/errors.h"
#include "pipeline/events/text.h"

#define MESSAGE_MAX 400u /* bytes; a line that can still be read */

/* Takes out what only babeltrace2's authors can use (object addresses) and joins the lines. */
static char *one_line(const char *message)
{
	g_autoptr(GRegex) addresses =
		g_regex_new(",? *[a-z0-9-]*addr=0x[0-9a-f]+", G_REGEX_OPTIMIZE, 0, NULL);
	g_autofree char *bare = NULL, *clean = NULL;
	g_auto(GStrv) words = NULL;

	clean = fdar_text_clean(message, strlen(message));
	bare = g_regex_replace_literal(addresses, clean, -1, 0, "", 0, NULL);
	words = g_strsplit_set(bare ? bare : clean, "\n\t", -1);
	return g_strjoinv(" ", words);
}

/* The stream file that the failing iterator reads: the last part of its port's name. */
static const char *stream_of(const bt_error_cause *cause)
{
	const char *port, *bar;

	if (bt_error_cause_get_actor_type(cause) != BT_ERROR_CAUSE_ACTOR_TYPE_MESSAGE_ITERATOR)
		return NULL;
	if (g_strcmp0(bt_error_cause_message_iterator_actor_get_component_class_name(cause),
		      "fs") != 0)
		return NULL;
	port = bt_error_cause_message_iterator_actor_get_component_output_port_name(cause);
	bar = port ? strrchr(port, '|') : NULL;
	return bar ? bar + 1 + strspn(bar + 1, " ") : NULL;
}

static char *describe(const bt_error *failure)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *message = NULL;
	const char *stream = NULL;
	uint64_t count = bt_error_get_cause_count(failure);

	if (!count)
		return g_strdup("babeltrace2 failed without saying why");
	for (uint64_t i = 0; i < count && !stream; i++)
		stream = stream_of(bt_error_borrow_cause_by_index(failure, i));
	message = one_line(bt_error_cause_get_message(bt_error_borrow_cause_by_index(failure, 0)));
	if (stream)
		g_string_append_printf(text, "stream file %s: ", stream);
	g_string_append(text, message);
	if (text->len > MESSAGE_MAX) {
		g_string_truncate(text, MESSAGE_MAX);
		g_string_append(text, " ...");
	}
	return g_utf8_make_valid(text->str, (gssize)text->len);
}

void fdar_bt_error_take(const char *path, int code, GError **error)
{
	const bt_error *failure = bt_current_thread_take_error();
	g_autofree char *text = NULL;

	text = failure ? describe(failure) : g_strdup("babeltrace2 failed without saying why");
	if (failure)
		bt_error_release(failure);
	g_set_error(error, FDAR_SOURCE_ERROR, code, "%s: %s", path, text);
}

void fdar_bt_error_drop(void)
{
	bt_current_thread_clear_error();
}
