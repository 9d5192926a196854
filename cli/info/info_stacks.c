#include "cli/info/info_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "cli/kit/cells.h"

extern char *__cxa_demangle(const char *mangled, char *output, size_t *length, int *status);

static const struct fdar_column columns[] = {
	{ "threads", "threads", TRUE, FALSE },
	{ "process", "pid", TRUE, FALSE },
	{ "thread", "tid", TRUE, FALSE },
	{ "name", "name", FALSE, FDAR_FIT_CUT },
	{ "where it was, the innermost call first", "where", FALSE, FDAR_FIT_CUT },
};

/* Threads in one place. */
struct place {
	const struct fdar_stack *first;
	char *where;
	guint threads;
};

static void free_place(gpointer data)
{
	struct place *place = data;

	g_free(place->where);
	g_free(place);
}

/* NULL: the name is not known. The caller frees the result. */
static char *function_name(const struct fdar_stack_frame *frame)
{
	char *plain = NULL, *name;
	int status = -1;

	if (!*frame->function)
		return NULL;
	if (g_str_has_prefix(frame->function, "_Z") &&
	    strlen(frame->function) <= FDAR_STACKS_NAME_MAX)
		plain = __cxa_demangle(frame->function, NULL, NULL, &status);
	name = g_strdup(status == 0 && plain ? plain : frame->function);
	free(plain);
	return name;
}

/* "read < fetch [libc.so.6] < main [server]": each binary where its frames end. */
static char *describe(const struct fdar_stack *stack)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < stack->frames->len; i++) {
		const struct fdar_stack_frame *frame =
			&g_array_index(stack->frames, struct fdar_stack_frame, i);
		const struct fdar_stack_frame *outer =
			i + 1 < stack->frames->len ? frame + 1 : NULL;
		g_autofree char *name = function_name(frame);

		g_string_append_printf(text, "%s%s", i ? " < " : "", name ? name : "?");
		if (*frame->binary && (!outer || strcmp(outer->binary, frame->binary) != 0))
			g_string_append_printf(text, " [%s]", frame->binary);
	}
	if (stack->cut)
		g_string_append(text, " < ...");
	return g_string_free(text, FALSE);
}

static gint by_threads(gconstpointer a, gconstpointer b)
{
	const struct place *left = *(struct place *const *)a, *right = *(struct place *const *)b;

	if (left->threads != right->threads)
		return left->threads < right->threads ? -1 : 1;
	return (left->first->tid > right->first->tid) - (left->first->tid < right->first->tid);
}

static GPtrArray *find_places(const struct fdar_stacks *stacks)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(free_place);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < stacks->threads->len; i++) {
		const struct fdar_stack *stack = g_ptr_array_index(stacks->threads, i);
		g_autofree char *where = describe(stack);
		char *key = g_strdup_printf("%u\n%s\n%s", stack->pid, stack->name, where);
		struct place *place = g_hash_table_lookup(known, key);

		if (!place) {
			place = g_new0(struct place, 1);
			place->first = stack;
			place->where = g_steal_pointer(&where);
			g_ptr_array_add(places, place);
			g_hash_table_insert(known, g_steal_pointer(&key), place);
		}
		place->threads++;
		g_free(key);
	}
	g_ptr_array_sort(places, by_threads);
	return places;
}

struct fdar_table *fdar_info_stacks(const struct fdar_stacks *stacks)
{
	struct fdar_table *table = fdar_table_new("stacks", columns, G_N_ELEMENTS(columns));
	g_autoptr(GPtrArray) places = find_places(stacks);

	for (guint i = 0; i < places->len; i++) {
		const struct place *place = g_ptr_array_index(places, i);
		g_autofree char *pid = g_strdup_printf("%u", place->first->pid);
		g_autofree char *tid = g_strdup_printf("%u", place->first->tid);

		fdar_table_row(table);
		fdar_cell_count(table, 0, place->threads);
		fdar_table_cell(table, 1, pid, NULL);
		fdar_table_cell(table, 2, tid, NULL);
		fdar_table_cell(table, 3, place->first->name, NULL);
		fdar_table_cell(table, 4, place->where, NULL);
	}
	return table;
}

static void print_frame(const struct fdar_stack_frame *frame, FILE *out)
{
	g_autofree char *name = function_name(frame);
	g_autofree char *function = name ? fdar_json_text(name) : g_strdup("null");
	g_autofree char *binary = *frame->binary ? fdar_json_text(frame->binary) : g_strdup("null");

	fprintf(out, "{\"function\": %s, \"offset\": %" G_GUINT64_FORMAT ", \"binary\": %s}",
		function, frame->offset, binary);
}

void fdar_info_print_stacks_json(const struct fdar_stacks *stacks, FILE *out)
{
	if (!stacks) {
		fputs("null", out);
		return;
	}
	fputs("[", out);
	for (guint i = 0; i < stacks->threads->len; i++) {
		const struct fdar_stack *stack = g_ptr_array_index(stacks->threads, i);
		g_autofree char *name = fdar_json_text(stack->name);

		fprintf(out,
			"%s\n    {\"pid\": %u, \"tid\": %u, \"name\": %s, \"cut\": %s, "
			"\"frames\": [",
			i ? "," : "", stack->pid, stack->tid, name, stack->cut ? "true" : "false");
		for (guint f = 0; f < stack->frames->len; f++) {
			fputs(f ? ",\n      " : "\n      ", out);
			print_frame(&g_array_index(stack->frames, struct fdar_stack_frame, f), out);
		}
		fputs("]}", out);
	}
	fputs(stacks->threads->len ? "\n  ]" : "]", out);
}
