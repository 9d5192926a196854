#include "pipeline/events/load_map.h"

/* A module that is loaded. */
struct loaded {
	uint64_t low, bytes;
	uint64_t since_ns;
	uint32_t path;  /* text id */
	uint32_t build; /* hash of its build id; 0: not known */
	uint32_t number;
};

/* Who had a place when, where modules took turns. */
struct turn {
	uint64_t low, bytes;
	uint64_t from_ns, to_ns; /* to_ns is UINT64_MAX: it still has it */
	uint32_t path;           /* 0: not known yet, it comes next */
	uint32_t build;          /* as above */
	uint32_t number;
};

struct process {
	GArray *loaded; /* of struct loaded */
	GArray *turns;  /* of struct turn, in the order in which they began */
	uint32_t numbers;
};

struct fdar_load_map {
	GHashTable *processes; /* pid -> struct process */
	struct process *last;  /* of last_pid; NULL: none */
	uint32_t last_pid;
	gboolean matters;
};

static void process_free(gpointer data)
{
	struct process *process = data;

	g_array_unref(process->loaded);
	g_array_unref(process->turns);
	g_free(process);
}

struct fdar_load_map *fdar_load_map_new(void)
{
	struct fdar_load_map *map = g_new0(struct fdar_load_map, 1);

	map->processes = g_hash_table_new_full(NULL, NULL, NULL, process_free);
	return map;
}

void fdar_load_map_free(struct fdar_load_map *map)
{
	if (!map)
		return;
	g_hash_table_unref(map->processes);
	g_free(map);
}

gboolean fdar_load_map_matters(const struct fdar_load_map *map)
{
	return map->matters;
}

void fdar_load_map_forget(struct fdar_load_map *map, uint32_t pid)
{
	map->last = NULL;
	g_hash_table_remove(map->processes, GUINT_TO_POINTER(pid));
}

static struct process *process_of(struct fdar_load_map *map, uint32_t pid, gboolean make)
{
	if (map->last && map->last_pid == pid)
		return map->last;
	map->last = g_hash_table_lookup(map->processes, GUINT_TO_POINTER(pid));
	map->last_pid = pid;
	if (map->last || !make)
		return map->last;
	map->last = g_new0(struct process, 1);
	map->last->loaded = g_array_new(FALSE, FALSE, sizeof(struct loaded));
	map->last->turns = g_array_new(FALSE, FALSE, sizeof(struct turn));
	g_hash_table_insert(map->processes, GUINT_TO_POINTER(pid), map->last);
	return map->last;
}

static struct turn *turn_at(const struct process *process, guint i)
{
	return &g_array_index(process->turns, struct turn, i);
}

static gboolean overlap(uint64_t low, uint64_t bytes, uint64_t other, uint64_t other_bytes)
{
	return low - other < other_bytes || other - low < bytes;
}

static uint32_t next_number(struct process *process)
{
	if (process->numbers < FDAR_LOAD_MAP_NUMBERS)
		process->numbers++;
	return process->numbers;
}

static void add_turn(struct fdar_load_map *map, struct process *process, const struct turn *turn)
{
	if (process->turns->len >= FDAR_LOAD_MAP_PLACES)
		g_array_remove_index(process->turns, 0);
	g_array_append_val(process->turns, *turn);
	map->matters = TRUE;
}

/* ---- modules ---- */

static void unload(struct fdar_load_map *map, struct process *process, guint index,
		   uint64_t time_ns)
{
	struct loaded gone = g_array_index(process->loaded, struct loaded, index);

	g_array_remove_index_fast(process->loaded, index);
	for (guint i = process->turns->len; i-- > 0;) {
		struct turn *turn = turn_at(process, i);

		if (turn->low == gone.low && turn->number == gone.number &&
		    turn->to_ns == UINT64_MAX) {
			turn->to_ns = time_ns;
			turn->build = gone.build;
			return;
		}
	}
	add_turn(map, process,
		 &(struct turn){ .low = gone.low,
				 .bytes = gone.bytes,
				 .to_ns = time_ns,
				 .path = gone.path,
				 .build = gone.build,
				 .number = gone.number });
}

/* The turn of a module that is loaded now: the one that was waiting for whoever comes, the one that it
 * had before, a new one, or none where nobody else ever was. Gives its number. */
static uint32_t take_turn(struct fdar_load_map *map, struct process *process,
			  const struct fdar_event *event)
{
	struct turn turn = {
		.low = event->addr, .bytes = event->addr2, .to_ns = UINT64_MAX, .path = event->name
	};
	gboolean contested = FALSE;

	for (guint i = process->turns->len; i-- > 0;) {
		struct turn *other = turn_at(process, i);

		if (!overlap(turn.low, turn.bytes, other->low, other->bytes))
			continue;
		if (!contested &&
		    (!other->path || (other->path == turn.path && other->low == turn.low &&
				      other->bytes == turn.bytes))) {
			other->low = turn.low;
			other->bytes = turn.bytes;
			other->path = turn.path;
			other->to_ns = UINT64_MAX;
			return other->number;
		}
		other->to_ns = MIN(other->to_ns, event->time_ns);
		turn.from_ns = MAX(turn.from_ns, other->to_ns);
		contested = TRUE;
		if (other->path == turn.path && other->low == turn.low &&
		    other->bytes == turn.bytes && !turn.number)
			turn.number = other->number + 1;
	}
	if (!contested)
		return 0;
	turn.number = turn.number ? turn.number - 1 : next_number(process);
	add_turn(map, process, &turn);
	return turn.number;
}

/* The build id tells that it is another file of the same name and size after all. */
static void set_build(struct fdar_load_map *map, struct process *process, struct loaded *loaded,
		      const struct fdar_event *event)
{
	uint32_t build = event->data_len ? g_str_hash(event->data) | 1 : 0;
	struct turn turn = { .low = loaded->low,
			     .bytes = loaded->bytes,
			     .from_ns = loaded->since_ns,
			     .to_ns = UINT64_MAX,
			     .path = loaded->path,
			     .build = build };

	if (!build || loaded->build == build)
		return;
	loaded->build = build;
	for (guint i = process->turns->len; i-- > 0;) {
		struct turn *before = turn_at(process, i);

		if (before->low != loaded->low || before->number != loaded->number)
			continue;
		if (before->build && before->build != build) {
			before->to_ns = MIN(before->to_ns, loaded->since_ns);
			loaded->number = turn.number = next_number(process);
			add_turn(map, process, &turn);
		}
		return;
	}
}

static void load(struct fdar_load_map *map, struct fdar_event *event)
{
	struct process *process = process_of(map, event->pid, TRUE);
	struct loaded loaded = { .low = event->addr,
				 .bytes = event->addr2,
				 .since_ns = event->time_ns,
				 .path = event->name };

	for (guint i = process->loaded->len; i-- > 0;) {
		struct loaded *other = &g_array_index(process->loaded, struct loaded, i);

		if (!overlap(loaded.low, loaded.bytes, other->low, other->bytes))
			continue;
		if (other->low == loaded.low && other->path == loaded.path) {
			set_build(map, process, other, event);
			event->addr |= (uint64_t)other->number << FDAR_EVENT_ADDR_BITS;
			return;
		}
		/* That it was unloaded nobody said. */
		unload(map, process, i, event->time_ns);
	}
	loaded.number = take_turn(map, process, event);
	if (process->loaded->len < FDAR_LOAD_MAP_MODULES)
		g_array_append_val(process->loaded, loaded);
	event->addr |= (uint64_t)loaded.number << FDAR_EVENT_ADDR_BITS;
}

static void on_module(struct fdar_load_map *map, struct fdar_event *event)
{
	struct process *process;

	if (event->addr >> FDAR_EVENT_ADDR_BITS || event->addr2 >> FDAR_EVENT_ADDR_BITS)
		return;
	if (event->wait == FDAR_MODULE_SAID_CLOSED)
		return;
	if (event->wait != FDAR_MODULE_SAID_UNLOADED) {
		if (event->addr2)
			load(map, event);
		return;
	}
	process = process_of(map, event->pid, FALSE);
	for (guint i = 0; process && i < process->loaded->len; i++)
		if (g_array_index(process->loaded, struct loaded, i).low == event->addr) {
			unload(map, process, i, event->time_ns);
			return;
		}
}

/* ---- calls ---- */

/* Nobody has had the place since: whose call it is will be told. */
static uint32_t await(struct fdar_load_map *map, struct process *process, const struct turn *last)
{
	struct turn turn = *last;

	turn.from_ns = last->to_ns;
	turn.to_ns = UINT64_MAX;
	turn.path = 0;
	turn.number = next_number(process);
	add_turn(map, process, &turn);
	return turn.number;
}

static uint64_t place(struct fdar_load_map *map, struct process *process, uint64_t addr,
		      uint64_t time_ns)
{
	const struct turn *next = NULL, *last = NULL;
	uint32_t number;

	if (addr >> FDAR_EVENT_ADDR_BITS)
		return addr;
	for (guint i = process->turns->len; i-- > 0;) {
		const struct turn *turn = turn_at(process, i);

		if (addr - turn->low >= turn->bytes)
			continue;
		if (turn->from_ns <= time_ns && time_ns < turn->to_ns)
			return addr | (uint64_t)turn->number << FDAR_EVENT_ADDR_BITS;
		if (turn->from_ns > time_ns)
			next = turn;
		else if (!last)
			last = turn;
	}
	if (next)
		number = next->number;
	else if (last)
		number = await(map, process, last);
	else
		return addr;
	return addr | (uint64_t)number << FDAR_EVENT_ADDR_BITS;
}

static void on_call(struct fdar_load_map *map, struct fdar_event *event)
{
	struct process *process = process_of(map, event->pid, FALSE);

	if (!process || !process->turns->len)
		return;
	event->addr = place(map, process, event->addr, event->time_ns);
	if (event->kind != FDAR_EVENT_SWITCHED && event->kind != FDAR_EVENT_FUNC_CALL)
		event->addr2 = place(map, process, event->addr2, event->time_ns);
}

void fdar_load_map_tell(struct fdar_load_map *map, struct fdar_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct fdar_event *event = &events[i];

		if (event->kind == FDAR_EVENT_MODULE)
			on_module(map, event);
		else if (map->matters && (event->kind == FDAR_EVENT_FUNC_ENTRY ||
					  event->kind == FDAR_EVENT_FUNC_EXIT ||
					  event->kind == FDAR_EVENT_FUNC_CALL ||
					  event->kind == FDAR_EVENT_SWITCHED))
			on_call(map, event);
	}
}
