#include "pipeline/record/record_count.h"

#include <string.h>

#define BATCH   4096
#define TELL_US 500000

/* What an event is counted as (control.h); 0 is none. */
enum { CALL = FDAR_CONTROL_EVENTS + 1, COUNTED_AS };
#define AS(kind) (FDAR_CONTROL_EVENTS_##kind + 1)
static const uint8_t counted_as[FDAR_EVENT_KINDS] = {
	[FDAR_EVENT_FUNC_ENTRY] = CALL,
	[FDAR_EVENT_SCOPE_ENTER] = AS(FUNCTION),
	[FDAR_EVENT_SCOPE_EXIT] = AS(FUNCTION),
	[FDAR_EVENT_SESSION_BEGIN] = AS(SESSION),
	[FDAR_EVENT_SESSION_RESUME] = AS(SESSION),
	[FDAR_EVENT_SESSION_SUSPEND] = AS(SESSION),
	[FDAR_EVENT_SESSION_END] = AS(SESSION),
	[FDAR_EVENT_HANDOFF_PUT] = AS(SESSION),
	[FDAR_EVENT_HANDOFF_TAKE] = AS(SESSION),
	[FDAR_EVENT_NOTE] = AS(SESSION),
	[FDAR_EVENT_REQUEST_BEGIN] = AS(SESSION),
	[FDAR_EVENT_REQUEST_END] = AS(SESSION),
	[FDAR_EVENT_THREAD_BEGIN] = AS(SESSION),
	[FDAR_EVENT_THREAD_END] = AS(SESSION),
	[FDAR_EVENT_FORKING] = AS(SESSION),
	[FDAR_EVENT_PROCESS_END] = AS(SESSION),
	[FDAR_EVENT_SWITCHED] = AS(FUNCTION),
	[FDAR_EVENT_WAIT_BEGIN] = AS(IO),
	[FDAR_EVENT_WAIT_END] = AS(IO),
	[FDAR_EVENT_IO] = AS(IO),
	[FDAR_EVENT_BYTES] = AS(IO),
	[FDAR_EVENT_OFF_CPU] = AS(IO),
};

struct process {
	uint64_t first_ns, last_ns; /* of what it said itself */
	uint64_t said;
	uint64_t counts[COUNTED_AS];
	uint64_t sessions;
	gboolean ours;  /* as it has said last */
	gboolean names; /* it has said whose it is */
};

struct counting {
	const char *name;
	GHashTable *processes; /* pid -> struct process */
	uint32_t last_pid;
	struct process *last; /* most events are of the process that the one before was of */
	gboolean any_ours;
};

static struct process *find(struct counting *counting, uint32_t pid)
{
	struct process *process = counting->last;

	if (process && counting->last_pid == pid)
		return process;
	process = g_hash_table_lookup(counting->processes, GUINT_TO_POINTER(pid));
	if (!process) {
		process = g_new0(struct process, 1);
		g_hash_table_insert(counting->processes, GUINT_TO_POINTER(pid), process);
	}
	counting->last_pid = pid;
	counting->last = process;
	return process;
}

/* That it is over it did not say itself. */
static void heard(struct process *process, const struct fdar_event *event)
{
	if (event->kind == FDAR_EVENT_PROCESS_OVER || event->kind == FDAR_EVENT_THREAD_NAME)
		return;
	process->first_ns = process->first_ns ? process->first_ns : event->time_ns;
	process->last_ns = MAX(process->last_ns, event->time_ns);
}

static void count_batch(struct counting *counting, const struct fdar_event *batch, gssize n)
{
	for (gssize i = 0; i < n; i++) {
		const struct fdar_event *event = &batch[i];
		struct process *process = find(counting, event->pid);

		process->counts[counted_as[event->kind]]++;
		heard(process, event);
		process->sessions += event->kind == FDAR_EVENT_SESSION_BEGIN;
		process->said +=
			event->kind != FDAR_EVENT_THREAD_NAME && event->kind != FDAR_EVENT_MODULE &&
			event->kind != FDAR_EVENT_OTHER && event->kind != FDAR_EVENT_PROCESS &&
			event->kind != FDAR_EVENT_FORKING &&
			event->kind != FDAR_EVENT_PROCESS_END &&
			event->kind != FDAR_EVENT_OFF_CPU && event->kind != FDAR_EVENT_PROCESS_OVER;
		if (event->kind != FDAR_EVENT_PROCESS)
			continue;
		process->names = TRUE;
		process->ours = strcmp(event->process.recording, counting->name) == 0;
		counting->any_ours = counting->any_ours || process->ours;
	}
}

static int compare(gconstpointer a, gconstpointer b)
{
	guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

	return (left > right) - (left < right);
}

/* The ids of processes that are ours, in any of their lives: one may have said so before it was known
 * that another life had begun. The caller frees it. */
static GHashTable *our_ids(const struct counting *counting, const struct fdar_source *source)
{
	GHashTable *ids = g_hash_table_new(NULL, NULL);
	GHashTableIter all;
	gpointer key, value;

	g_hash_table_iter_init(&all, counting->processes);
	while (g_hash_table_iter_next(&all, &key, &value)) {
		const struct process *process = value;
		uint32_t pid = fdar_source_process(source, GPOINTER_TO_UINT(key)).pid;

		if (process->ours)
			g_hash_table_add(ids, GUINT_TO_POINTER(pid));
	}
	return ids;
}

static void add_found(struct fdar_record_count *count, guint32 pid, const struct process *process)
{
	struct fdar_record_span span = { pid, process->first_ns, process->last_ns };
	struct fdar_control_process found = { .pid = (int32_t)pid, .calls = process->counts[CALL] };

	for (size_t kind = 0; kind < FDAR_CONTROL_EVENTS; kind++)
		found.events[kind] = process->counts[kind + 1];
	g_array_append_val(count->processes, found);
	g_array_append_val(count->spans, span);
}

/* The source leaves out what a stranger says from its process event on, the event itself, too; what
 * it said before is as strange. */
static void sum_up(struct counting *counting, const struct fdar_source *source, gboolean all_say,
		   GArray *strangers, struct fdar_record_count *count)
{
	g_autoptr(GHashTable) ours = our_ids(counting, source);
	guint known = strangers->len;
	GHashTableIter all;
	gpointer key, value;

	for (guint i = 0; i < known; i++)
		g_hash_table_remove(counting->processes,
				    GUINT_TO_POINTER(g_array_index(strangers, guint32, i)));
	g_hash_table_iter_init(&all, counting->processes);
	while (g_hash_table_iter_next(&all, &key, &value)) {
		const struct process *process = value;
		guint32 pid = GPOINTER_TO_UINT(key);
		gpointer id = GUINT_TO_POINTER(fdar_source_process(source, pid).pid);
		gboolean is_ours =
			process->ours || (!process->names && g_hash_table_contains(ours, id));

		if (!is_ours && (process->names || (all_say && counting->any_ours && pid))) {
			g_array_append_val(strangers, pid);
			continue;
		}
		count->said += process->said;
		count->sessions += process->sessions;
		add_found(count, fdar_source_process(source, pid).pid, process);
	}
	if (!strangers->len)
		return;
	g_array_sort(strangers, compare);
	count->strangers = g_array_ref(strangers);
}

static GArray *copy_losses(const GArray *losses)
{
	GArray *copy = losses && losses->len ? fdar_recording_losses_new() : NULL;

	for (guint i = 0; copy && i < losses->len; i++) {
		struct fdar_recording_loss loss =
			g_array_index(losses, struct fdar_recording_loss, i);

		loss.stream = g_strdup(loss.stream);
		g_array_append_val(copy, loss);
	}
	return copy;
}

gboolean fdar_record_count(const char *dir, const char *name, gboolean others, gboolean whole,
			   fdar_record_events_fn events, void *events_user,
			   fdar_record_counting_fn told, void *told_user,
			   struct fdar_record_count *count, GError **error)
{
	g_autoptr(fdar_source) source = fdar_source_open(dir, error);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	g_autoptr(GHashTable) processes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_autoptr(GArray) strangers = NULL;
	struct counting counting = { .name = name, .processes = processes };
	uint64_t so_far = 0;
	gint64 told_us = 0;
	gssize n = 0;

	memset(count, 0, sizeof(*count));
	if (!source)
		return FALSE;
	while ((n = fdar_source_read(source, batch, BATCH, error)) > 0) {
		if (events)
			events(source, batch, (size_t)n, events_user);
		count_batch(&counting, batch, n);
		so_far += (uint64_t)n;
		if (!told || g_get_monotonic_time() - told_us < TELL_US)
			continue;
		told_us = g_get_monotonic_time();
		told(so_far, told_user);
	}
	if (n < 0)
		return FALSE;
	fdar_source_get_summary(source, &count->summary);
	count->damage = g_strdup(count->summary.damage);
	count->losses = copy_losses(fdar_source_losses(source));
	count->streams = g_array_ref(fdar_source_streams(source));
	count->processes = g_array_new(FALSE, FALSE, sizeof(struct fdar_control_process));
	count->spans = g_array_new(FALSE, FALSE, sizeof(struct fdar_record_span));
	strangers = fdar_source_strangers(source);
	whole = whole && !count->summary.discarded && !count->summary.packets_lost &&
		!count->summary.damaged;
	sum_up(&counting, source, others || whole, strangers, count);
	return TRUE;
}

void fdar_record_count_clear(struct fdar_record_count *count)
{
	g_clear_pointer(&count->damage, g_free);
	g_clear_pointer(&count->strangers, g_array_unref);
	g_clear_pointer(&count->losses, g_array_unref);
	g_clear_pointer(&count->streams, g_array_unref);
	g_clear_pointer(&count->processes, g_array_unref);
	g_clear_pointer(&count->spans, g_array_unref);
}
