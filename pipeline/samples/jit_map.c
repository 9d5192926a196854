#include "pipeline/samples/jit_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIECE_BYTES     (64u << 10)
#define CLOCKS_DIFFER_S 2 /* of files and of processes */

struct code {
	uint64_t start, end;
	char *name;
};

struct fdar_jit_map_pool {
	GQueue open; /* of struct fdar_jit_map, whose file is open: the one that was read last is first */
	guint functions;
};

struct fdar_jit_map {
	struct fdar_jit_map_pool *pool;
	guint references;
	pid_t pid;
	uint32_t inner;
	struct fdar_jit_map *before;
	int fd;         /* -1: there is none yet, or it is closed */
	GList place;    /* in the pool's open ones */
	gboolean found; /* its file was there: */
	dev_t device;   /* which one, */
	ino_t inode;
	uint64_t read;  /* and how far it is known */
	GString *line;  /* that is not finished yet */
	GTree *of_code; /* start -> struct code, no two over one another; owns them */
};

/* ---- what is written in it ---- */

static int by_start(gconstpointer a, gconstpointer b, gpointer user)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	(void)user;
	return x < y ? -1 : x > y;
}

static void code_free(gpointer data)
{
	struct code *code = data;

	g_free(code->name);
	g_free(code);
}

/* The last that begins there or before. */
static struct code *code_before(const struct fdar_jit_map *map, uint64_t address)
{
	GTreeNode *node = g_tree_upper_bound(map->of_code, &address);

	node = node ? g_tree_node_previous(node) : g_tree_node_last(map->of_code);
	return node ? g_tree_node_value(node) : NULL;
}

static struct code *code_at(const struct fdar_jit_map *map, uint64_t address)
{
	struct code *code = code_before(map, address);

	return code && address < code->end ? code : NULL;
}

static void drop(struct fdar_jit_map *map, const struct code *code)
{
	g_tree_remove(map->of_code, &code->start);
	map->pool->functions--;
}

static void put(struct fdar_jit_map *map, uint64_t start, uint64_t end, const char *name)
{
	struct code *code;

	while ((code = code_before(map, end - 1)) && code->end > start)
		drop(map, code);
	if (g_tree_nnodes(map->of_code) >= (gint)FDAR_JIT_MAP_FUNCTIONS_MAX ||
	    map->pool->functions >= FDAR_JIT_MAP_POOL_MAX)
		return;
	map->pool->functions++;
	code = g_new0(struct code, 1);
	*code = (struct code){ start, end, g_strdup(name) };
	g_tree_insert(map->of_code, &code->start, code);
}

/* A number, and the blank behind it. */
static gboolean take_number(const char **text, uint64_t *number)
{
	char *end;

	if (!g_ascii_isxdigit(**text))
		return FALSE;
	*number = g_ascii_strtoull(*text, &end, 16);
	if (*end != ' ')
		return FALSE;
	*text = end + 1;
	return TRUE;
}

/* Cuts ":digits" off the end of a line's text from at on. */
static void cut_number(GString *line, gsize at)
{
	gsize end = line->len;

	while (end > at && g_ascii_isdigit(line->str[end - 1]))
		end--;
	if (end < line->len && end > at && line->str[end - 1] == ':')
		g_string_truncate(line, end - 1);
}

/* V8 says how far it has optimized a function, and in which line it is ("JS:*name /file.js:3:20": ~ not, ^ and +
 * some, * all it can). The same function has one name for us while it runs, and in the next release of a file. */
static const char *v8_name(GString *line, const char *name)
{
	static const char *const kinds[] = { "JS:", "LazyCompile:", "Function:" };
	gsize at = (gsize)(name - line->str);

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		gsize length = strlen(kinds[i]);

		if (strncmp(name, kinds[i], length) != 0 || !name[length] ||
		    !strchr("~^+*", name[length]))
			continue;
		g_string_erase(line, (gssize)(at + length), 1);
		cut_number(line, at + length);
		cut_number(line, at + length);
		return line->str + at;
	}
	return name;
}

static void take_line(struct fdar_jit_map *map)
{
	const char *text = map->line->str;
	uint64_t start, size;

	if (take_number(&text, &start) && take_number(&text, &size) && *text && size &&
	    size <= UINT64_MAX - start)
		put(map, start, start + size, v8_name(map->line, text));
	g_string_truncate(map->line, 0);
}

void fdar_jit_map_add(struct fdar_jit_map *map, const char *text, gsize length)
{
	while (length) {
		const char *end = memchr(text, '\n', length);
		gsize part = end ? (gsize)(end - text) : length;
		gsize room = FDAR_JIT_MAP_LINE_MAX - map->line->len;

		g_string_append_len(map->line, text, (gssize)MIN(part, room));
		if (end)
			take_line(map);
		part += end ? 1 : 0;
		text += part;
		length -= part;
	}
}

/* ---- the file ---- */

/* The text of /proc/PID/file; NULL: it is gone. The caller frees it. */
static char *proc_text(pid_t pid, const char *file)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* Whom the process is of; root's, where that cannot be known. */
static uid_t user_of(pid_t pid)
{
	g_autofree char *text = proc_text(pid, "status");
	const char *line = text ? strstr(text, "\nUid:") : NULL;
	unsigned real, effective;

	return line && sscanf(line, "\nUid: %u %u", &real, &effective) == 2 ? effective : 0;
}

/* When it began, in seconds since the Unix epoch. FALSE: it is gone. */
static gboolean start_of(pid_t pid, time_t *start)
{
	g_autofree char *text = proc_text(pid, "stat");
	const char *rest = text ? strrchr(text, ')') : NULL; /* of its name */
	unsigned long long ticks;
	struct timespec now, boot;

	/* What follows are its state and 18 numbers, and when it began, in ticks since the machine did. */
	if (!rest || sscanf(rest,
			    ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %*s %*s %llu",
			    &ticks) != 1)
		return FALSE;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	*start = now.tv_sec - boot.tv_sec + (time_t)(ticks / (unsigned long)sysconf(_SC_CLK_TCK));
	return TRUE;
}

/* Such files stay when their process ends: an older one is of another process that had its number. */
static gboolean is_of(const struct stat *status, pid_t pid)
{
	time_t start;

	return S_ISREG(status->st_mode) && (!status->st_uid || status->st_uid == user_of(pid)) &&
	       start_of(pid, &start) && status->st_mtime >= start - CLOCKS_DIFFER_S;
}

static void close_file(struct fdar_jit_map *map)
{
	if (map->fd < 0)
		return;
	close(map->fd);
	map->fd = -1;
	g_queue_unlink(&map->pool->open, &map->place);
}

/* Whether it is the process's; and, if it was there before, that one still. */
static gboolean may_read(struct fdar_jit_map *map, int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || !is_of(&status, map->pid))
		return FALSE;
	if (!map->found) {
		map->found = TRUE;
		map->device = status.st_dev;
		map->inode = status.st_ino;
	}
	return map->device == status.st_dev && map->inode == status.st_ino;
}

static void open_file(struct fdar_jit_map *map)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/root/tmp/perf-%u.map", (int)map->pid,
						(unsigned)map->inner);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (!may_read(map, fd)) {
		close(fd);
		return;
	}
	if (map->pool->open.length == FDAR_JIT_MAP_OPEN_MAX)
		close_file(g_queue_peek_tail(&map->pool->open));
	map->fd = fd;
	g_queue_push_head_link(&map->pool->open, &map->place);
}

static void read_on(struct fdar_jit_map *map)
{
	char piece[PIECE_BYTES];
	ssize_t length;

	if (map->fd < 0) {
		open_file(map);
	} else {
		g_queue_unlink(&map->pool->open, &map->place);
		g_queue_push_head_link(&map->pool->open, &map->place);
	}
	while (map->fd >= 0 && map->read < FDAR_JIT_MAP_BYTES_MAX &&
	       (length = pread(map->fd, piece, sizeof(piece), (off_t)map->read)) > 0) {
		map->read += (uint64_t)length;
		fdar_jit_map_add(map, piece, (gsize)length);
	}
}

const char *fdar_jit_map_name(struct fdar_jit_map *map, uint64_t address)
{
	const struct code *code = NULL;

	for (; map && !code; map = map->before) {
		read_on(map);
		code = code_at(map, address);
	}
	return code ? code->name : NULL;
}

/* ---- the whole ---- */

struct fdar_jit_map_pool *fdar_jit_map_pool_new(void)
{
	return g_new0(struct fdar_jit_map_pool, 1);
}

void fdar_jit_map_pool_free(struct fdar_jit_map_pool *pool)
{
	g_free(pool);
}

struct fdar_jit_map *fdar_jit_map_new(struct fdar_jit_map_pool *pool, pid_t pid, uint32_t inner,
				      struct fdar_jit_map *before)
{
	struct fdar_jit_map *map = g_new0(struct fdar_jit_map, 1);

	*map = (struct fdar_jit_map){
		.pool = pool, .references = 1, .pid = pid, .inner = inner, .fd = -1
	};
	map->place.data = map;
	while (before && !before->found) /* it has said nothing */
		before = before->before;
	map->before = before ? fdar_jit_map_ref(before) : NULL;
	map->line = g_string_new(NULL);
	map->of_code = g_tree_new_full(by_start, NULL, NULL, code_free);
	return map;
}

struct fdar_jit_map *fdar_jit_map_ref(struct fdar_jit_map *map)
{
	map->references++;
	return map;
}

void fdar_jit_map_unref(struct fdar_jit_map *map)
{
	if (!map || --map->references)
		return;
	fdar_jit_map_unref(map->before);
	close_file(map);
	map->pool->functions -= (guint)g_tree_nnodes(map->of_code);
	g_string_free(map->line, TRUE);
	g_tree_unref(map->of_code);
	g_free(map);
}
