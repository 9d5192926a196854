#include "pipeline/samples/sampler.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/samples/inner.h"
#include "pipeline/samples/intake.h"
#include "pipeline/samples/jit_map.h"
#include "pipeline/samples/kallsyms.h"
#include "pipeline/samples/perf.h"
#include "pipeline/samples/space.h"

#define KERNEL           "[kernel]"
#define GENERATED_BINARY "[generated]" /* of what its program has a name for */

/* A process of the server's. */
struct process {
	struct fdar_space *space;
	struct fdar_jit_map *jit;    /* names of its generated code; NULL: it had none yet */
	struct fdar_jit_map *before; /* those of whom it was forked from; NULL */
	gboolean is_elsewhere;       /* in a pid namespace of its own */
	gboolean is_new;             /* that is not known yet */
	uint32_t outer;              /* its pid here */
	uint32_t pid;                /* as it sees itself */
	gboolean
		is_copy; /* of this process: what it does is ours, until it executes another program */
};

struct fdar_sampler {
	struct fdar_intake *intake;
	struct fdar_unwinder *unwinder, *own; /* own: NULL, where it is the caller's */
	struct fdar_samples *samples;
	struct fdar_kallsyms *kallsyms; /* NULL: not needed yet */
	struct fdar_jit_map_pool *jit;
	GHashTable *processes; /* pid -> struct process */
	GHashTable *tids;      /* outer tid -> inner, of processes that are elsewhere */
	GHashTable *binaries;  /* function -> what kind of code its binary is */
	struct fdar_space_stack stack;
	uint32_t self; /* the recorder's pid: its children are the server */
	GThread *thread;
};

static void forget_generated(struct process *process)
{
	g_clear_pointer(&process->jit, fdar_jit_map_unref);
	g_clear_pointer(&process->before, fdar_jit_map_unref);
}

static void process_free(gpointer data)
{
	struct process *process = data;

	fdar_space_unref(process->space);
	forget_generated(process);
	g_free(process);
}

static struct process *process_of(const struct fdar_sampler *sampler, uint32_t pid)
{
	return g_hash_table_lookup(sampler->processes, GUINT_TO_POINTER(pid));
}

static struct process *process_add(struct fdar_sampler *sampler, uint32_t pid,
				   struct fdar_space *space)
{
	struct process *process = g_new0(struct process, 1);

	process->space = space;
	process->outer = process->pid = pid;
	process->is_new = TRUE;
	g_hash_table_replace(sampler->processes, GUINT_TO_POINTER(pid), process);
	return process;
}

/* ---- namespaces: a trace has the numbers that a process itself sees ---- */

static void look_at(struct process *process, uint32_t pid)
{
	uint32_t inner = fdar_inner_id(pid);

	process->is_new = FALSE;
	process->pid = inner ? inner : pid;
	process->is_elsewhere = inner && inner != pid;
}

static uint32_t inner_tid(struct fdar_sampler *sampler, const struct process *process, uint32_t tid)
{
	gpointer known;
	uint32_t inner;

	if (!process->is_elsewhere)
		return tid;
	known = g_hash_table_lookup(sampler->tids, GUINT_TO_POINTER(tid));
	if (known)
		return GPOINTER_TO_UINT(known);
	inner = fdar_inner_id(tid);
	if (inner)
		g_hash_table_insert(sampler->tids, GUINT_TO_POINTER(tid), GUINT_TO_POINTER(inner));
	return inner;
}

/* ---- processes ---- */

/* A child begins as its parent is. */
static void process_copy(struct fdar_sampler *sampler, uint32_t pid, const struct process *parent)
{
	struct fdar_jit_map *before = parent->jit ? parent->jit : parent->before;
	gboolean is_copy = parent->is_copy;
	struct process *child;

	before = before ? fdar_jit_map_ref(before) : NULL;
	child = process_add(sampler, pid, fdar_space_ref(parent->space));
	child->is_copy = is_copy;
	child->before = before;
}

static gboolean is_of_itself(const struct fdar_sampler *sampler)
{
	return sampler->samples->own == FDAR_SAMPLES_TICKS;
}

/* It says itself what its number is. */
static void number(struct process *process, const struct fdar_perf_record *record)
{
	process->is_new = FALSE;
	process->pid = record->tid;
	process->outer = record->outer;
}

static void on_fork(struct fdar_sampler *sampler, const struct fdar_perf_record *record)
{
	struct process *parent = process_of(sampler, record->parent);

	g_hash_table_remove(sampler->tids, GUINT_TO_POINTER(record->tid));
	if (record->pid == record->parent) { /* a thread, which may be gone when it is sampled */
		if (parent && parent->is_new)
			look_at(parent, record->pid);
		if (parent)
			inner_tid(sampler, parent, record->tid);
		return;
	}
	if (parent)
		process_copy(sampler, record->pid, parent);
	else if (record->parent == sampler->self)
		process_add(sampler, record->pid, fdar_space_new(sampler->unwinder))->is_copy =
			TRUE;
	else
		g_hash_table_remove(sampler->processes, GUINT_TO_POINTER(record->pid));
	if (is_of_itself(sampler) && process_of(sampler, record->pid))
		number(process_of(sampler, record->pid), record);
}

static void on_mapped(struct fdar_sampler *sampler, const struct fdar_perf_record *record)
{
	struct process *process = process_of(sampler, record->pid);

	if (process)
		process->space = fdar_space_map(process->space, (pid_t)process->outer, record);
}

static void on_exec(struct fdar_sampler *sampler, const struct fdar_perf_record *record)
{
	struct process *process = process_of(sampler, record->pid);

	if (!process)
		return;
	fdar_space_unref(process->space);
	process->space = fdar_space_new(sampler->unwinder);
	process->is_copy = FALSE;
	forget_generated(process);
}

/* ---- stacks ---- */

/* What code does, by its binary: bits of a function's. */
enum { CODE_KNOWN = 1, CODE_TRACER = 2, CODE_IO = 4, CODE_WRAPPER = 8, CODE_RETURN = 16 };

/* Where functions return to whose calls are recorded (trampoline.S): who is about to is in none of ours. */
#define RETURN "flowdar_patched_return"

static unsigned code_of(struct fdar_sampler *sampler, uint32_t function)
{
	gpointer known = g_hash_table_lookup(sampler->binaries, GUINT_TO_POINTER(function + 1));
	const struct fdar_sample_function *known_as;
	const char *binary;
	unsigned code = CODE_KNOWN;

	if (known)
		return GPOINTER_TO_UINT(known);
	known_as =
		&g_array_index(sampler->samples->functions, struct fdar_sample_function, function);
	binary = known_as->binary;
	if (g_str_has_prefix(binary, "libflowdar-io.so"))
		code |= CODE_IO;
	else if (g_str_has_prefix(binary, "liblttng-ust-f") ||
		 g_str_has_prefix(binary, "liblttng-ust-dl"))
		code |= CODE_WRAPPER; /* of close, fork, dlopen */
	else if (g_str_has_prefix(binary, "libflowdar-functions.so") &&
		 strcmp(known_as->name, RETURN) == 0)
		code |= CODE_RETURN;
	else if (g_str_has_prefix(binary, "libflowdar") ||
		 g_str_has_prefix(binary, "liblttng-ust") || g_str_has_prefix(binary, "liburcu"))
		code |= CODE_TRACER;
	g_hash_table_insert(sampler->binaries, GUINT_TO_POINTER(function + 1),
			    GUINT_TO_POINTER(code));
	return code;
}

/* What the program says that it has generated there, or what is known without it. */
static uint32_t name_generated(struct fdar_sampler *sampler, struct process *process,
			       uint64_t address, uint32_t function)
{
	const struct fdar_sample_function *known =
		&g_array_index(sampler->samples->functions, struct fdar_sample_function, function);
	const char *name;

	if (known->kind != FDAR_SAMPLE_GENERATED)
		return function;
	if (!process->jit)
		process->jit = fdar_jit_map_new(sampler->jit, (pid_t)process->outer, process->pid,
						process->before);
	name = fdar_jit_map_name(process->jit, address);
	return name ? fdar_samples_function(sampler->samples, FDAR_SAMPLE_NAMED, name,
					    GENERATED_BINARY, "", 0)
		    : function;
}

/* The program's part, from the outside in. Wrappers are left out: who calls read() calls read(). */
static uint32_t add_user(struct fdar_sampler *sampler, struct process *process,
			 struct fdar_sample *sample)
{
	const struct fdar_space_stack *stack = &sampler->stack;
	uint32_t node = 0;

	for (guint i = stack->count; i > 0; i--) {
		uint32_t function = fdar_space_function(process->space, sampler->samples,
							stack->address[i - 1]);
		unsigned code;

		if (function != G_MAXUINT32)
			function =
				name_generated(sampler, process, stack->address[i - 1], function);
		if (function == G_MAXUINT32)
			continue;
		code = code_of(sampler, function);
		if (code & CODE_TRACER || (code & CODE_RETURN && i == 1) ||
		    (code & CODE_IO && i == 1 && !(sample->flags & FDAR_SAMPLE_SYSTEM)))
			sample->flags |= FDAR_SAMPLE_PRICE;
		else if (code & CODE_IO)
			sample->flags |= FDAR_SAMPLE_IN_CALL;
		if (!(code & (CODE_IO | CODE_WRAPPER | CODE_RETURN)))
			node = fdar_samples_node(sampler->samples, node, function);
	}
	return node;
}

static uint32_t add_function(struct fdar_sampler *sampler, uint32_t node, const char *name)
{
	uint32_t function =
		fdar_samples_function(sampler->samples, FDAR_SAMPLE_KERNEL, name, KERNEL, "", 0);

	return function == G_MAXUINT32 ? node : fdar_samples_node(sampler->samples, node, function);
}

static uint32_t add_kernel(struct fdar_sampler *sampler, const struct fdar_perf_record *record,
			   uint32_t node)
{
	if (!sampler->kallsyms)
		sampler->kallsyms = fdar_kallsyms_read(NULL);
	for (uint64_t i = record->chain_count; i > 0; i--) {
		const char *name;
		uint64_t address;

		memcpy(&address, record->chain + 8 * (i - 1), sizeof(address));
		if (address >= PERF_CONTEXT_MAX)
			continue;
		name = fdar_kallsyms_name(sampler->kallsyms, address);
		node = add_function(sampler, node, name ? name : KERNEL);
	}
	return node;
}

static gboolean is_system(const struct fdar_perf_record *record)
{
	uint64_t context = 0;

	if (record->chain_count)
		memcpy(&context, record->chain, sizeof(context));
	return context == PERF_CONTEXT_KERNEL;
}

static void on_sample(struct fdar_sampler *sampler, const struct fdar_perf_record *record)
{
	struct process *process = process_of(sampler, record->pid);
	struct fdar_sample sample = { .time_ns = record->time_ns };

	if (!process || process->is_copy)
		return;
	if (process->is_new)
		look_at(process, record->pid);
	sample.pid = process->pid;
	sample.tid = inner_tid(sampler, process, record->tid);
	sample.flags = is_system(record) ? FDAR_SAMPLE_SYSTEM : 0;
	if (record->registers) {
		fdar_perf_registers(record, sampler->stack.registers);
		sampler->stack.bytes = record->stack;
		sampler->stack.length = record->stack_bytes;
		fdar_space_unwind(process->space, &sampler->stack);
		sample.flags |= sampler->stack.cut ? FDAR_SAMPLE_CUT : 0;
		sample.node = add_user(sampler, process, &sample);
	}
	if (sample.flags & FDAR_SAMPLE_SYSTEM && is_of_itself(sampler)) {
		sample.node = add_function(sampler, sample.node, KERNEL);
	} else if (sample.flags & FDAR_SAMPLE_SYSTEM) {
		sampler->samples->kernel = 1;
		sample.node = add_kernel(sampler, record, sample.node);
	}
	for (uint32_t i = 0; i < record->weight; i++)
		fdar_samples_add(sampler->samples, &sample);
}

static void on_count(struct fdar_sampler *sampler, const struct fdar_perf_record *record)
{
	struct process *process = process_of(sampler, record->pid);
	struct fdar_count count = { .time_ns = record->time_ns,
				    .number = record->number,
				    .kind = record->count };

	if (!process || process->is_copy)
		return;
	if (process->is_new)
		look_at(process, record->pid);
	count.pid = process->pid;
	count.tid = inner_tid(sampler, process, record->tid);
	fdar_samples_count(sampler->samples, &count);
}

/* ---- records ---- */

static void on_record(struct fdar_sampler *sampler, const struct fdar_perf_record *record)
{
	switch (record->kind) {
	case FDAR_PERF_SAMPLE:
		on_sample(sampler, record);
		break;
	case FDAR_PERF_COUNT:
		on_count(sampler, record);
		break;
	case FDAR_PERF_FORK:
		on_fork(sampler, record);
		break;
	case FDAR_PERF_EXIT:
		/* Threads of one whose first has ended go on, which is rare, and lose their samples. */
		if (record->pid == record->tid)
			g_hash_table_remove(sampler->processes, GUINT_TO_POINTER(record->pid));
		break;
	case FDAR_PERF_EXEC:
		on_exec(sampler, record);
		break;
	case FDAR_PERF_MAPPED:
		on_mapped(sampler, record);
		break;
	case FDAR_PERF_THROTTLED: /* the intake counts them */
	case FDAR_PERF_UNTHROTTLED:
		break;
	}
}

static gpointer run(gpointer data)
{
	struct fdar_sampler *sampler = data;
	GByteArray *bytes;

	while ((bytes = fdar_intake_take(sampler->intake))) {
		struct fdar_perf_record record;
		uint64_t lost = 0;
		gsize size = 1;

		for (gsize at = 0; size && at < bytes->len; at += size)
			if (fdar_perf_parse(bytes->data + at, bytes->len - at, &record, &size,
					    &lost))
				on_record(sampler, &record);
		/* Stacks hold what clients sent: nothing of them stays. */
		explicit_bzero(bytes->data, bytes->len);
		g_byte_array_unref(bytes);
	}
	return NULL;
}

/* ---- the whole ---- */

static uint64_t whose_own(const struct fdar_intake *intake)
{
	if (fdar_intake_ticks_why(intake))
		return FDAR_SAMPLES_TICKS;
	return fdar_intake_own_why(intake) ? FDAR_SAMPLES_THREADS : FDAR_SAMPLES_PROCESSORS;
}

struct fdar_sampler *fdar_sampler_start_with(struct fdar_unwinder *unwinder, unsigned hz,
					     const pid_t *pids, size_t count, const char *ticks,
					     gboolean counted, GError **error)
{
	struct fdar_intake *intake = fdar_intake_start(hz, pids, count, ticks, counted, error);
	struct fdar_sampler *sampler;

	if (!intake)
		return NULL;
	sampler = g_new0(struct fdar_sampler, 1);
	sampler->intake = intake;
	sampler->unwinder = unwinder;
	sampler->self = (uint32_t)getpid();
	sampler->samples = fdar_samples_new();
	sampler->samples->period_ns = 1000000000u / hz;
	sampler->samples->own = whose_own(intake);
	sampler->samples->counted = !fdar_intake_uncounted_why(intake);
	sampler->jit = fdar_jit_map_pool_new();
	sampler->processes = g_hash_table_new_full(NULL, NULL, NULL, process_free);
	sampler->tids = g_hash_table_new(NULL, NULL);
	sampler->binaries = g_hash_table_new(NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		struct process *process =
			process_add(sampler, (uint32_t)pids[i], fdar_space_new(sampler->unwinder));

		fdar_space_map_all(process->space, pids[i]);
	}
	sampler->thread = g_thread_new("samples", run, sampler);
	return sampler;
}

struct fdar_sampler *fdar_sampler_start(unsigned hz, const pid_t *pids, size_t count,
					GError **error)
{
	struct fdar_unwinder *unwinder = fdar_unwinder_start(error);
	struct fdar_sampler *sampler =
		unwinder ? fdar_sampler_start_with(unwinder, hz, pids, count, NULL, TRUE, error)
			 : NULL;

	if (sampler)
		sampler->own = unwinder;
	else
		fdar_unwinder_free(unwinder);
	return sampler;
}

const char *fdar_sampler_ticks_why(const struct fdar_sampler *sampler)
{
	return fdar_intake_ticks_why(sampler->intake);
}

const char *fdar_sampler_own_why(const struct fdar_sampler *sampler)
{
	return fdar_intake_own_why(sampler->intake);
}

const char *fdar_sampler_uncounted_why(const struct fdar_sampler *sampler)
{
	return fdar_intake_uncounted_why(sampler->intake);
}

void fdar_sampler_pause(struct fdar_sampler *sampler)
{
	fdar_intake_pause(sampler->intake);
}

struct fdar_samples *fdar_sampler_take(struct fdar_sampler *sampler)
{
	struct fdar_intake_losses losses;

	fdar_intake_end(sampler->intake);
	g_thread_join(sampler->thread);
	sampler->thread = NULL;
	fdar_intake_losses(sampler->intake, &losses);
	sampler->samples->counts_lost += losses.counts;
	sampler->samples->lost = losses.samples + losses.waiting;
	sampler->samples->tasks_lost = losses.tasks;
	sampler->samples->throttled = losses.throttled;
	sampler->samples->without = losses.without;
	sampler->samples->processors_changed = losses.processors_changed ? 1 : 0;
	return g_steal_pointer(&sampler->samples);
}

void fdar_sampler_free(struct fdar_sampler *sampler)
{
	if (!sampler)
		return;
	if (sampler->thread)
		fdar_samples_free(fdar_sampler_take(sampler));
	fdar_samples_free(sampler->samples);
	fdar_intake_free(sampler->intake);
	fdar_kallsyms_free(sampler->kallsyms);
	g_hash_table_unref(sampler->processes);
	fdar_jit_map_pool_free(sampler->jit);
	g_hash_table_unref(sampler->tids);
	g_hash_table_unref(sampler->binaries);
	fdar_unwinder_free(sampler->own);
	g_free(sampler);
}
