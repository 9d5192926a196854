#include "pipeline/events/whose.h"

#include <string.h>

#include "base/intern.h"

#define FIRST_HOME 1u
#define FIXED_MAX  16u /* modules of a process that are remembered to tell lives apart */

/* A module that is never unloaded: where it lies tells a life from another. */
struct fixed {
	uint32_t path;        /* text id; 0: not known */
	uint32_t sessions[2]; /* the first that have listed it there (home.h); 0: none */
	uint64_t base;
};

struct process {
	struct fdar_whose_process told;
	uint32_t number;
	struct fixed program;
	gboolean looked;        /* for a namesake */
	struct process *before; /* its life before, not owned */
	uint64_t forks;         /* how often it has forked, as far as it was looked at */
	guint fixed_count;
	struct fixed fixed[FIXED_MAX];
};

struct fdar_whose {
	const struct fdar_homes *homes;
	const struct fdar_texts *texts;
	struct fdar_intern keys; /* (home, pid) -> index of current */
	GPtrArray *current;      /* struct process *, not owned: the life that is on */
	GHashTable *by_host;   /* host << 32 | pid -> struct process *: the last of any namespace */
	GHashTable *alone;     /* "host pid" -> struct process *, of traces of a process each */
	GHashTable *by_number; /* number -> struct process *; owns them */
	uint32_t made_up;
	uint64_t last_key; /* home << 32 | pid, of the last event */
	struct process *last;
};

struct fdar_whose *fdar_whose_new(const struct fdar_homes *homes, const struct fdar_texts *texts)
{
	struct fdar_whose *whose = g_new0(struct fdar_whose, 1);

	whose->homes = homes;
	whose->texts = texts;
	whose->current = g_ptr_array_new();
	whose->by_host = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	whose->alone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	whose->by_number = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return whose;
}

void fdar_whose_free(struct fdar_whose *whose)
{
	if (!whose)
		return;
	fdar_intern_clear(&whose->keys);
	g_ptr_array_unref(whose->current);
	g_hash_table_unref(whose->by_host);
	g_hash_table_unref(whose->alone);
	g_hash_table_unref(whose->by_number);
	g_free(whose);
}

gboolean fdar_whose_matters(const struct fdar_whose *whose)
{
	/* Home 0, and one that all events are of. */
	return whose->made_up > 0 || fdar_homes_count(whose->homes) > 2;
}

/* ---- processes ---- */

/* own: its number is its id, if no other process has that. */
static struct process *process_new(struct fdar_whose *whose, struct fdar_home home, uint32_t pid,
				   gboolean own)
{
	struct process *process = g_new0(struct process, 1);

	process->told = (struct fdar_whose_process){
		.pid = pid, .life = 1, .ns = home.ns, .host = home.host
	};
	process->number = own ? pid : FDAR_WHOSE_MADE_UP + whose->made_up++;
	while (g_hash_table_contains(whose->by_number, GUINT_TO_POINTER(process->number)))
		process->number = FDAR_WHOSE_MADE_UP + whose->made_up++;
	g_hash_table_insert(whose->by_number, GUINT_TO_POINTER(process->number), process);
	return process;
}

/* Nothing is remembered of processes while nothing but the first home is known: there ids are numbers,
 * and so they must stay. That home may be without a namespace, and the first one told be the same. */
static gboolean has_own_number(const struct fdar_whose *whose, uint16_t number, gboolean taken)
{
	struct fdar_home home = fdar_homes_get(whose->homes, number);
	struct fdar_home first = fdar_homes_get(whose->homes, FIRST_HOME);

	return number <= FIRST_HOME || (home.host == first.host && !first.ns && !taken);
}

/* The last of any namespace, by what the host calls it. */
static void set_last(struct fdar_whose *whose, struct process *process)
{
	uint64_t key = (uint64_t)process->told.host << 32 | process->told.pid;

	g_hash_table_replace(whose->by_host, g_memdup2(&key, sizeof(key)), process);
}

static struct process *find_or_make(struct fdar_whose *whose, uint16_t home_number, uint32_t pid)
{
	struct fdar_home home = fdar_homes_get(whose->homes, home_number);
	uint64_t key = (uint64_t)home.host << 32 | pid;
	struct process *process = g_hash_table_lookup(whose->by_host, &key);

	/* Either says nothing of namespaces. */
	if (process && (!home.ns || !process->told.ns)) {
		process->told.ns = MAX(process->told.ns, home.ns);
		return process;
	}
	process =
		process_new(whose, home, pid, has_own_number(whose, home_number, process != NULL));
	set_last(whose, process);
	return process;
}

/* NULL: too many. */
static struct process *process_of(struct fdar_whose *whose, uint16_t home, uint32_t pid)
{
	uint64_t key = (uint64_t)home << 32 | pid;
	uint32_t index;

	if (whose->last && whose->last_key == key)
		return whose->last;
	if (g_hash_table_size(whose->by_number) >= FDAR_WHOSE_PROCESSES)
		index = fdar_intern_find(&whose->keys, home, pid);
	else
		index = fdar_intern_add(&whose->keys, home, pid);
	if (index == FDAR_INTERN_NONE)
		return NULL;
	if (index == whose->current->len)
		g_ptr_array_add(whose->current, find_or_make(whose, home, pid));
	whose->last = g_ptr_array_index(whose->current, index);
	whose->last_key = key;
	if (fdar_homes_get(whose->homes, home).ns)
		set_last(whose, whose->last);
	return whose->last;
}

/* ---- lives ---- */

static gboolean is_program(const char *path)
{
	return path[0] == '/' && !strstr(path, ".so");
}

/* What the dynamic linker loads at the start and nobody can unload. */
static gboolean is_fixed(const char *path)
{
	static const char *const names[] = { "ld-",        "ld.so",           "libc.so",
					     "libc-2.",    "liblttng-ust.so", "[vdso]",
					     "linux-vdso", "linux-gate" };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_has_prefix(name, names[i]))
			return TRUE;
	return FALSE;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Whether what may be a program lies where programs do. A plugin whose name is not a library's
 * ("addon.node") lies among the libraries. */
static gboolean is_near_program(const struct process *process, uint64_t base)
{
	if (!process->program.path || !process->fixed_count)
		return TRUE;
	return distance(base, process->program.base) < distance(base, process->fixed[0].base);
}

/* A program whose file was replaced meanwhile is listed as "/bin/server (deleted)". */
static gboolean same_program(const struct fdar_whose *whose, uint32_t a, uint32_t b)
{
	static const char deleted[] = " (deleted)";
	const char *left = fdar_texts_get(whose->texts, a);
	const char *right = fdar_texts_get(whose->texts, b);
	size_t left_length = strlen(left), right_length = strlen(right);

	if (g_str_has_suffix(left, deleted))
		left_length -= strlen(deleted);
	if (g_str_has_suffix(right, deleted))
		right_length -= strlen(deleted);
	return left_length == right_length && strncmp(left, right, left_length) == 0;
}

/* What the process had loaded, where that and the module cannot be in one process; NULL: they can. */
static const struct fixed *find_contradicted(const struct fdar_whose *whose,
					     const struct process *process,
					     const struct fdar_event *module, gboolean program)
{
	const struct fixed *had = &process->program;

	if (program)
		return had->path && (!same_program(whose, had->path, module->name) ||
				     had->base != module->addr)
			       ? had
			       : NULL;
	for (guint i = 0; i < process->fixed_count; i++)
		if (process->fixed[i].path == module->name)
			return process->fixed[i].base != module->addr ? &process->fixed[i] : NULL;
	return NULL;
}

/* Another session said so, and this one has not: it need not be the same process. A session that has said the
 * one and then says the other sees it become another program. */
static gboolean is_of_others(const struct fixed *had, uint32_t session)
{
	return session && had->sessions[0] && had->sessions[0] != session &&
	       had->sessions[1] != session;
}

static void add_session(struct fixed *fixed, uint32_t session)
{
	if (!fixed->sessions[0])
		fixed->sessions[0] = session;
	else if (!fixed->sessions[1] && fixed->sessions[0] != session)
		fixed->sessions[1] = session;
}

static void remember(struct process *process, const struct fdar_event *module, gboolean program,
		     uint32_t session)
{
	struct fixed *fixed = program ? &process->program : NULL;

	for (guint i = 0; !fixed && i < process->fixed_count; i++)
		if (process->fixed[i].path == module->name)
			fixed = &process->fixed[i];
	if (!fixed && process->fixed_count == FIXED_MAX)
		return;
	if (!fixed)
		fixed = &process->fixed[process->fixed_count++];
	fixed->path = module->name;
	fixed->base = module->addr;
	add_session(fixed, session);
}

static struct process *next_life(struct fdar_whose *whose, struct process *old)
{
	struct fdar_home home = { .host = old->told.host, .ns = old->told.ns };
	struct process *process = process_new(whose, home, old->told.pid, FALSE);

	process->told.life = old->told.life + 1;
	process->looked = TRUE;
	process->before = old;
	for (guint i = 0; i < whose->current->len; i++)
		if (g_ptr_array_index(whose->current, i) == old)
			g_ptr_array_index(whose->current, i) = process;
	set_last(whose, process);
	whose->last = process;
	return process;
}

/* In another container: what goes on in the other session is not of this one. */
static struct process *part(struct fdar_whose *whose, struct process *other, uint16_t home)
{
	uint32_t index = fdar_intern_find(&whose->keys, home, other->told.pid);
	struct process *process =
		process_new(whose, fdar_homes_get(whose->homes, home), other->told.pid, FALSE);

	process->looked = TRUE;
	g_ptr_array_index(whose->current, index) = process;
	whose->last = process;
	return process;
}

/* In traces of a process each: the one before it on the same host, with the same id. */
static gboolean find_namesake(struct fdar_whose *whose, struct process *process, uint32_t *ended)
{
	const char *host = fdar_texts_get(whose->texts, process->told.host);
	size_t shared;
	g_autofree char *key = NULL;
	struct process *before;

	process->looked = TRUE;
	if (!fdar_home_shared(host, &shared) || !process->told.pid)
		return FALSE;
	key = g_strdup_printf("%.*s %u", (int)shared, host, process->told.pid);
	before = g_hash_table_lookup(whose->alone, key);
	g_hash_table_replace(whose->alone, g_steal_pointer(&key), process);
	if (!before || (before->told.ns && process->told.ns && before->told.ns != process->told.ns))
		return FALSE;
	*ended = before->number;
	return TRUE;
}

/* Of which life the parent was that a child names: its child may say who it is when the parent is another
 * program already, which has not forked as often. Of the first one forks were not counted, perhaps. */
static void name_parent(struct fdar_whose *whose, struct fdar_event *event)
{
	uint32_t index;
	const struct process *parent;

	if (!event->process.fork || event->process.parent > UINT32_MAX)
		return;
	index = fdar_intern_find(&whose->keys, event->home, event->process.parent);
	if (index == FDAR_INTERN_NONE)
		return;
	parent = g_ptr_array_index(whose->current, index);
	while (parent->before && parent->forks < event->process.fork)
		parent = parent->before;
	event->process.parent = parent->number;
}

enum fdar_whose_change fdar_whose_tell(struct fdar_whose *whose, struct fdar_event *event,
				       uint32_t *ended)
{
	struct process *process = process_of(whose, event->home, event->pid);
	gboolean another = FALSE, namesake = FALSE, program;
	const char *path;

	if (!process)
		return FDAR_WHOSE_SAME;
	if (!process->looked)
		namesake = find_namesake(whose, process, ended);
	if (event->kind == FDAR_EVENT_MODULE && event->wait == FDAR_MODULE_SAID_LISTED &&
	    event->pid) {
		path = fdar_texts_get(whose->texts, event->name);
		program = is_program(path) && is_near_program(process, event->addr);
		if (program || is_fixed(path)) {
			uint32_t session = fdar_homes_get(whose->homes, event->home).session;
			const struct fixed *had = find_contradicted(whose, process, event, program);

			another = had && g_hash_table_size(whose->by_number) < FDAR_WHOSE_PROCESSES;
			if (another) {
				*ended = process->number;
				namesake = is_of_others(had, session);
				process = namesake ? part(whose, process, event->home)
						   : next_life(whose, process);
			}
			remember(process, event, program, session);
		}
	}
	if (event->kind == FDAR_EVENT_FORKING)
		process->forks = MAX(process->forks, event->forking.number);
	if (event->kind == FDAR_EVENT_PROCESS)
		name_parent(whose, event);
	event->pid = process->number;
	return namesake ? FDAR_WHOSE_NAMESAKE : another ? FDAR_WHOSE_NEXT_LIFE : FDAR_WHOSE_SAME;
}

struct fdar_whose_process fdar_whose_process(const struct fdar_whose *whose, uint32_t number)
{
	const struct process *process =
		g_hash_table_lookup(whose->by_number, GUINT_TO_POINTER(number));

	if (process)
		return process->told;
	/* It was not told, as nothing but the first home is known. */
	return (struct fdar_whose_process){ .pid = number,
					    .life = 1,
					    .host = fdar_homes_get(whose->homes, FIRST_HOME).host };
}

uint32_t fdar_whose_number(const struct fdar_whose *whose, uint32_t pid)
{
	uint32_t index = fdar_intern_find(&whose->keys, FIRST_HOME, pid);

	if (index == FDAR_INTERN_NONE)
		index = fdar_intern_find(&whose->keys, 0, pid);
	if (index == FDAR_INTERN_NONE)
		return pid;
	return ((const struct process *)g_ptr_array_index(whose->current, index))->number;
}
