#include "pipeline/samples/intake.h"

#include <gio/gio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/samples/perf.h"
#include "pipeline/samples/perf_counts.h"
#include "pipeline/samples/throttling.h"
#include "pipeline/samples/ticks.h"

#define TURN_US    50000
#define LATE_NS    UINT64_C(20000000) /* by how much a record may come after later ones of others */
#define LOOK_TURNS 20u                /* from one look at the processors to the next */
#define NICE       (-10)

/* A record that waits for its turn. */
struct waiting {
	uint64_t time_ns;
	uint64_t order; /* of those of one time */
	gsize offset;   /* in bytes */
};

struct fdar_intake {
	struct fdar_perf *perf;          /* or: */
	struct fdar_ticks_folder *ticks; /* and */
	char *ticks_why;
	struct fdar_perf_counts *counts; /* NULL, and */
	char *uncounted_why;
	struct fdar_wiped bytes;          /* not in order yet; its thread's, like the next two */
	GHashTable *ours;                 /* pids */
	uint32_t self;                    /* this process: its children are the server */
	struct fdar_intake_losses losses; /* its thread's until it ends */
	struct fdar_throttling *throttling;
	GThread *thread;
	gint ends; /* atomic */

	GMutex lock; /* over the rest */
	GCond more;
	struct fdar_wiped ready;
	gboolean ended;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- whose ---- */

static gboolean is_ours(const struct fdar_intake *intake, uint32_t pid)
{
	return g_hash_table_contains(intake->ours, GUINT_TO_POINTER(pid));
}

/* Whether it is to be kept. A number that another program's process has now is none of ours any more. */
static gboolean choose(struct fdar_intake *intake, const struct fdar_perf_record *record)
{
	gboolean was_ours = is_ours(intake, record->pid);
	gboolean is_process = record->kind == FDAR_PERF_FORK && record->pid != record->parent;

	if (is_process && (record->parent == intake->self || is_ours(intake, record->parent))) {
		g_hash_table_add(intake->ours, GUINT_TO_POINTER(record->pid));
		return TRUE;
	}
	if (is_process || (record->kind == FDAR_PERF_EXIT && record->pid == record->tid))
		g_hash_table_remove(intake->ours, GUINT_TO_POINTER(record->pid));
	return was_ours;
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct waiting *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* ---- order ---- */

/* others: where those begin that are no ticks. */
static GArray *index_of(struct fdar_intake *intake, gsize others)
{
	GArray *index = g_array_new(FALSE, FALSE, sizeof(struct waiting));
	const GByteArray *bytes = intake->bytes.bytes;
	struct fdar_perf_record record;
	gsize size;

	for (gsize at = 0; at < bytes->len; at += size) {
		uint64_t lost = 0;
		gboolean found =
			fdar_perf_parse(bytes->data + at, bytes->len - at, &record, &size, &lost);
		struct waiting waiting = { record.time_ns, at, at };

		*(at < others ? &intake->losses.samples : &intake->losses.tasks) += lost;
		if (!size)
			break;
		if (found && !fdar_throttling_take(intake->throttling, &record))
			g_array_append_val(index, waiting);
	}
	g_array_sort(index, by_time);
	return index;
}

static void hand_over(struct fdar_intake *intake, const struct fdar_perf_record *record,
		      const uint8_t *bytes, gsize size)
{
	gboolean is_full = intake->ready.bytes->len + size > FDAR_INTAKE_BYTES_MAX;

	if (is_full && record->kind == FDAR_PERF_SAMPLE)
		intake->losses.waiting++;
	else if (is_full && record->kind == FDAR_PERF_COUNT)
		intake->losses.counts += record->number;
	else
		fdar_wiped_append(&intake->ready, bytes, size);
}

/* What it returns is where those begin that are no ticks of the kernel's. */
static gsize read_all(struct fdar_intake *intake)
{
	if (intake->counts)
		fdar_perf_counts_read(intake->counts, &intake->bytes);
	if (intake->perf)
		return fdar_perf_read(intake->perf, &intake->bytes);
	fdar_ticks_read(intake->ticks, &intake->bytes);
	return intake->bytes.bytes->len;
}

/* Takes what is there, and hands over all that is older than until_ns. */
static void turn(struct fdar_intake *intake, uint64_t until_ns)
{
	struct fdar_wiped rest = fdar_wiped_new();
	gsize others = read_all(intake);
	g_autoptr(GArray) index = index_of(intake, others);
	const GByteArray *all = intake->bytes.bytes;

	g_mutex_lock(&intake->lock);
	for (guint i = 0; i < index->len; i++) {
		const struct waiting *waiting = &g_array_index(index, struct waiting, i);
		const uint8_t *bytes = all->data + waiting->offset;
		struct fdar_perf_record record;
		uint64_t lost = 0;
		gsize size;

		fdar_perf_parse(bytes, all->len - waiting->offset, &record, &size, &lost);
		if (waiting->time_ns >= until_ns)
			fdar_wiped_append(&rest, bytes, size);
		else if (choose(intake, &record))
			hand_over(intake, &record, bytes, size);
	}
	g_cond_signal(&intake->more);
	g_mutex_unlock(&intake->lock);
	fdar_wiped_empty(&intake->bytes);
	fdar_wiped_append(&intake->bytes, rest.bytes->data, rest.bytes->len);
	fdar_wiped_clear(&rest);
}

/* All that is known of them now, at the end. */
static void sum_losses(struct fdar_intake *intake)
{
	uint64_t samples, tasks;

	if (intake->perf && fdar_perf_lost(intake->perf, &samples, &tasks)) {
		intake->losses.samples = samples;
		intake->losses.tasks = tasks;
	}
	if (intake->counts)
		intake->losses.counts += fdar_perf_counts_lost(intake->counts);
	if (intake->ticks) {
		intake->losses.samples = fdar_ticks_lost(intake->ticks);
		intake->losses.without = fdar_ticks_without(intake->ticks);
	}
	intake->losses.throttled = fdar_throttling_ticks(intake->throttling);
}

static gpointer run(gpointer data)
{
	struct fdar_intake *intake = data;

	/* Of this thread alone; where it is not permitted, it has its share like others. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	for (guint turns = 0; !g_atomic_int_get(&intake->ends); turns++) {
		g_usleep(TURN_US);
		turn(intake, now_ns() - LATE_NS);
		if (turns % LOOK_TURNS == 0 && intake->perf &&
		    fdar_perf_processors_changed(intake->perf))
			intake->losses.processors_changed = TRUE;
	}
	turn(intake, now_ns() - LATE_NS);
	turn(intake, UINT64_MAX);
	sum_losses(intake);
	g_mutex_lock(&intake->lock);
	intake->ended = TRUE;
	g_cond_signal(&intake->more);
	g_mutex_unlock(&intake->lock);
	return NULL;
}

/* ---- the whole ---- */

/* The kernel's, or the server's own. */
static gboolean open_source(struct fdar_intake *intake, unsigned hz, gboolean may_own,
			    const char *ticks, GError **error)
{
	g_autoptr(GError) cause = NULL;

	intake->perf = fdar_perf_open(hz, fdar_perf_pages(hz), may_own, &cause);
	if (!intake->perf && ticks && may_own &&
	    !g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED)) {
		intake->ticks = fdar_ticks_make(ticks, error);
		intake->ticks_why = g_strdup(cause->message);
		return intake->ticks != NULL;
	}
	if (!intake->perf)
		g_propagate_error(error, g_steal_pointer(&cause));
	return intake->perf != NULL;
}

/* Beside ticks of processors: with less than that they are not to be had, or not of all that threads do. */
static void open_counts(struct fdar_intake *intake, gboolean counted)
{
	g_autoptr(GError) cause = NULL;

	if (!counted) {
		intake->uncounted_why = g_strdup("nobody asked for it");
		return;
	}
	if (intake->perf && !fdar_perf_own_why(intake->perf))
		intake->counts = fdar_perf_counts_open(&cause);
	if (!intake->counts)
		intake->uncounted_why =
			g_strdup(cause ? cause->message : "it takes root or CAP_PERFMON");
}

struct fdar_intake *fdar_intake_start(unsigned hz, const pid_t *pids, size_t count,
				      const char *ticks, gboolean counted, GError **error)
{
	struct fdar_intake *intake = g_new0(struct fdar_intake, 1);

	if (!open_source(intake, hz, !count, ticks, error)) {
		g_free(intake->ticks_why);
		g_free(intake);
		return NULL;
	}
	open_counts(intake, counted);
	intake->self = (uint32_t)getpid();
	intake->bytes = fdar_wiped_new();
	intake->ready = fdar_wiped_new();
	intake->ours = g_hash_table_new(NULL, NULL);
	intake->throttling = fdar_throttling_new(1000000000u / hz);
	for (size_t i = 0; i < count; i++)
		g_hash_table_add(intake->ours, GUINT_TO_POINTER((guint)pids[i]));
	g_mutex_init(&intake->lock);
	g_cond_init(&intake->more);
	intake->thread = g_thread_new("intake", run, intake);
	return intake;
}

const char *fdar_intake_own_why(const struct fdar_intake *intake)
{
	return intake->perf ? fdar_perf_own_why(intake->perf) : NULL;
}

const char *fdar_intake_ticks_why(const struct fdar_intake *intake)
{
	return intake->ticks_why;
}

const char *fdar_intake_uncounted_why(const struct fdar_intake *intake)
{
	return intake->uncounted_why;
}

/* Processes stop by themselves when it is not recorded any more. */
void fdar_intake_pause(struct fdar_intake *intake)
{
	if (intake->perf)
		fdar_perf_stop(intake->perf);
	if (intake->counts)
		fdar_perf_counts_stop(intake->counts);
}

void fdar_intake_end(struct fdar_intake *intake)
{
	fdar_intake_pause(intake);
	g_atomic_int_set(&intake->ends, 1);
}

GByteArray *fdar_intake_take(struct fdar_intake *intake)
{
	GByteArray *taken = NULL;

	g_mutex_lock(&intake->lock);
	while (!intake->ready.bytes->len && !intake->ended)
		g_cond_wait(&intake->more, &intake->lock);
	if (intake->ready.bytes->len) {
		taken = intake->ready.bytes;
		intake->ready = fdar_wiped_new();
	}
	g_mutex_unlock(&intake->lock);
	return taken;
}

void fdar_intake_losses(const struct fdar_intake *intake, struct fdar_intake_losses *losses)
{
	*losses = intake->losses;
}

void fdar_intake_free(struct fdar_intake *intake)
{
	if (!intake)
		return;
	fdar_intake_end(intake);
	g_thread_join(intake->thread);
	fdar_perf_close(intake->perf);
	fdar_perf_counts_close(intake->counts);
	fdar_ticks_free(intake->ticks);
	g_free(intake->ticks_why);
	g_free(intake->uncounted_why);
	g_hash_table_unref(intake->ours);
	fdar_throttling_free(intake->throttling);
	fdar_wiped_clear(&intake->bytes);
	fdar_wiped_clear(&intake->ready);
	g_mutex_clear(&intake->lock);
	g_cond_clear(&intake->more);
	g_free(intake);
}
