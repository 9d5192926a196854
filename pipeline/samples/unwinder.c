#include "pipeline/samples/unwinder.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "pipeline/samples/unwinder_wire.h"

#define MEMORY_BYTES (UINT64_C(32) << 30) /* of addresses: each file of each process is mapped */
#define LOOK_MS      200                  /* between two looks at whether to wait on */
#define ANSWER_NS    INT64_C(5000000000)  /* of the worker's processor time, for one question */
#define STARVED_MS   60000                /* and in all: its processor, or its disk, may be busy */
#define STOPPED_MS   5000                 /* whoever stands still has no processor to wait for */
#define PATIENCE_MS  120000               /* for all that did not come back, together */
#define END_MS       5000
#define END_STEP_MS  2
#define FILES_MAX    65536u /* that are known; later ones name nothing */
#define NAMES_MAX    5u     /* of files that are told */

#define NO_WORKER                                                                                 \
	"--sample: the process that reads the server's binaries cannot be had: it was not made, " \
	"or "                                                                                     \
	"could not give up its rights (where root may not become another user, as in some "       \
	"containers, record as an ordinary user)"

struct fdar_unwinder {
	pid_t maker; /* who forks workers */
	int control; /* to that */
	volatile uint32_t *suspect;

	guint worker; /* which one it is */
	int socket;   /* to that; -1: there is none */
	pid_t pid;    /* of that, for its clock */
	guint deaths;
	int patience_ms; /* what is left of it */

	uint32_t spaces;
	GHashTable *numbers; /* of files: "inode path" -> number */
	GArray *feared;      /* char *, by number: the path, of those that a worker died of; NULL */
};

/* ---- who forks workers: a process that reads nothing but that it is to ---- */

/* What it is asked for: either way the worker that there was is gone. */
enum wish { WISH_WORKER, WISH_NONE };

/* What comes with a worker. */
struct made {
	pid_t pid;
};

static void work(int socket, pid_t parent, volatile uint32_t *suspect)
{
	static const struct fdar_child_limits limits = { .address_bytes = MEMORY_BYTES };

	fdar_child_ignore_stops();
	fdar_child_limit(&limits);
	fdar_child_allow_files();
	fdar_child_go_first();
	/* After the change of user, which takes it back. */
	if (fdar_child_keep(&socket, 1) && fdar_child_drop_rights() &&
	    fdar_child_end_with(parent, SIGKILL))
		fdar_unwinder_serve(FDAR_CHILD_FIRST, suspect);
	_exit(0);
}

/* Up to END_MS; FALSE: it has not ended, or is not ours to wait for. */
static gboolean wait_for_end(pid_t child)
{
	for (int waited = 0; waited < END_MS; waited += END_STEP_MS) {
		pid_t ended = waitpid(child, NULL, WNOHANG);

		if (ended > 0 || (ended < 0 && errno != EINTR))
			return ended > 0;
		g_usleep(END_STEP_MS * 1000);
	}
	return FALSE;
}

/* The worker that there was is gone when the next one is there, or hangs in the kernel (a disk that does not
 * answer), where it stays: it does nothing any more either way. */
static void end_worker(pid_t worker)
{
	pid_t ended;

	while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
		if (ended == worker)
			worker = 0; /* the number may be another's by now */
	if (worker > 0 && kill(worker, SIGKILL) == 0)
		wait_for_end(worker);
}

/* 0: it could not be made. */
static pid_t make_worker(int control, volatile uint32_t *suspect)
{
	struct made made = { 0 };
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		fdar_child_send(control, &made, sizeof(made), -1);
		return 0;
	}
	*suspect = 0;
	made.pid = fork();
	if (made.pid == 0)
		work(ends[1], parent, suspect);
	fdar_child_send(control, &made, sizeof(made), made.pid > 0 ? ends[0] : -1);
	close(ends[0]);
	close(ends[1]);
	return MAX(made.pid, 0);
}

static void make(int control, pid_t parent, volatile uint32_t *suspect)
{
	pid_t worker = 0;
	char wish;
	ssize_t n;

	fdar_child_ignore_stops();
	if (!fdar_child_keep(&control, 1) || !fdar_child_end_with(parent, SIGKILL))
		_exit(0);
	while ((n = recv(FDAR_CHILD_FIRST, &wish, 1, 0)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		end_worker(worker);
		worker = wish == WISH_WORKER ? make_worker(FDAR_CHILD_FIRST, suspect) : 0;
	}
	end_worker(worker);
	_exit(0);
}

static gboolean start_maker(struct fdar_unwinder *unwinder)
{
	pid_t parent = getpid();
	int ends[2];
	void *shared = mmap(NULL, sizeof(*unwinder->suspect), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return FALSE;
	unwinder->suspect = shared;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return FALSE;
	unwinder->maker = fork();
	if (unwinder->maker == 0)
		make(ends[1], parent, unwinder->suspect);
	close(ends[1]);
	unwinder->control = ends[0];
	return unwinder->maker > 0;
}

/* ---- its worker ---- */

static int receive_descriptor(int control, struct made *made)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec part = { made, sizeof(*made) };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = room.bytes,
				 .msg_controllen = sizeof(room.bytes) };
	ssize_t n = recvmsg(control, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	return n == (ssize_t)sizeof(*made) ? fdar_child_descriptor(&header) : -1;
}

/* Whether it is worth to wait on for pid, after so long. Who has not been given a processor has not been lost. */
static gboolean may_come(pid_t pid, int64_t begin_ns, int waited_ms)
{
	if (waited_ms >= STOPPED_MS && fdar_child_is_stopped(pid))
		return FALSE;
	return waited_ms < STARVED_MS && fdar_child_cpu_ns(pid) - begin_ns <= ANSWER_NS;
}

/* For something to read from pid. FALSE: it has died, or will not come back. */
static gboolean wait_for_word(struct fdar_unwinder *unwinder, int from, pid_t pid)
{
	struct pollfd ready = { .fd = from, .events = POLLIN };
	int64_t begin_ns = 0;
	int waited;

	for (waited = 0; waited < unwinder->patience_ms; waited += LOOK_MS) {
		if (waited && !may_come(pid, begin_ns, waited))
			break;
		if (poll(&ready, 1, LOOK_MS) > 0)
			return TRUE;
		if (!begin_ns)
			begin_ns = fdar_child_cpu_ns(pid);
	}
	unwinder->patience_ms -= waited;
	if (unwinder->patience_ms <= 0)
		unwinder->deaths = FDAR_UNWINDER_DEATHS_MAX;
	return FALSE;
}

static gboolean say_wish(const struct fdar_unwinder *unwinder, char wish)
{
	return send(unwinder->control, &wish, sizeof(wish), MSG_NOSIGNAL) == sizeof(wish);
}

static gboolean have_worker(struct fdar_unwinder *unwinder)
{
	struct made made = { 0 };

	if (unwinder->socket >= 0)
		return TRUE;
	if (fdar_unwinder_gave_up(unwinder))
		return FALSE;
	if (say_wish(unwinder, WISH_WORKER) &&
	    wait_for_word(unwinder, unwinder->control, unwinder->maker))
		unwinder->socket = receive_descriptor(unwinder->control, &made);
	if (unwinder->socket < 0) {
		unwinder->deaths = FDAR_UNWINDER_DEATHS_MAX;
		return FALSE;
	}
	unwinder->pid = made.pid;
	return TRUE;
}

/* From now on the file that it was at names nothing. Who dies often is not worth another. One that does not come back
 * may be in a circle, and no other be asked for: it has no processor from us any more. */
static void bury(struct fdar_unwinder *unwinder, const char *path)
{
	uint32_t number = *unwinder->suspect;

	say_wish(unwinder, WISH_NONE);
	close(unwinder->socket);
	unwinder->socket = -1;
	unwinder->worker++;
	unwinder->deaths++;
	if (number && number < unwinder->feared->len && path)
		g_array_index(unwinder->feared, char *, number) = g_strdup(path);
}

static const char *path_of(const struct fdar_unwinder *unwinder, uint32_t number)
{
	GHashTableIter all;
	gpointer key, value;

	g_hash_table_iter_init(&all, unwinder->numbers);
	while (g_hash_table_iter_next(&all, &key, &value))
		if (GPOINTER_TO_UINT(value) == number)
			return strchr(key, ' ') + 1;
	return NULL;
}

static gboolean hear(struct fdar_unwinder *unwinder, struct fdar_unwinder_answer *answer)
{
	ssize_t n;

	if (!wait_for_word(unwinder, unwinder->socket, unwinder->pid))
		return FALSE;
	n = recv(unwinder->socket, answer, sizeof(*answer), MSG_DONTWAIT);
	return n == (ssize_t)sizeof(*answer);
}

/* FALSE: there is no answer. */
static gboolean ask(struct fdar_unwinder *unwinder, const struct fdar_unwinder_question *question,
		    int fd, struct fdar_unwinder_answer *answer)
{
	size_t length = offsetof(struct fdar_unwinder_question, bytes) + question->length;

	if (!have_worker(unwinder))
		return FALSE;
	if (fdar_child_send(unwinder->socket, question, length, fd) && hear(unwinder, answer))
		return answer->fine != 0;
	bury(unwinder, path_of(unwinder, *unwinder->suspect));
	return FALSE;
}

/* ---- questions ---- */

uint32_t fdar_unwinder_space(struct fdar_unwinder *unwinder)
{
	return ++unwinder->spaces;
}

guint fdar_unwinder_worker(const struct fdar_unwinder *unwinder)
{
	return unwinder->worker;
}

/* 0: too many are known, or it is one that is not to be read. */
static uint32_t number_of(struct fdar_unwinder *unwinder, uint64_t inode, const char *path)
{
	g_autofree char *key = g_strdup_printf("%" G_GUINT64_FORMAT " %s", inode, path);
	uint32_t number = GPOINTER_TO_UINT(g_hash_table_lookup(unwinder->numbers, key));
	char *none = NULL;

	if (!number && unwinder->feared->len < FILES_MAX) {
		number = unwinder->feared->len;
		g_array_append_val(unwinder->feared, none);
		g_hash_table_insert(unwinder->numbers, g_steal_pointer(&key),
				    GUINT_TO_POINTER(number));
	}
	return number && !g_array_index(unwinder->feared, char *, number) ? number : 0;
}

gboolean fdar_unwinder_fears(struct fdar_unwinder *unwinder, uint64_t inode, const char *path)
{
	return !number_of(unwinder, inode, path);
}

void fdar_unwinder_map(struct fdar_unwinder *unwinder, uint32_t space,
		       const struct fdar_modules_map *map, uint64_t inode, int fd)
{
	struct fdar_unwinder_question question = { .word = FDAR_UNWINDER_MAP,
						   .space = space,
						   .start = map->start,
						   .end = map->end,
						   .page_offset = map->page_offset };
	struct fdar_unwinder_answer answer;

	question.file = number_of(unwinder, inode, map->path);
	question.length = (uint32_t)MIN(strlen(map->path), sizeof(question.bytes));
	memcpy(question.bytes, map->path, question.length);
	if (question.file)
		ask(unwinder, &question, fd, &answer);
}

void fdar_unwinder_drop(struct fdar_unwinder *unwinder, uint32_t space)
{
	struct fdar_unwinder_question question = { .word = FDAR_UNWINDER_DROP, .space = space };
	struct fdar_unwinder_answer answer;

	if (unwinder->socket >= 0)
		ask(unwinder, &question, -1, &answer);
}

void fdar_unwinder_unwind(struct fdar_unwinder *unwinder, uint32_t space,
			  struct fdar_space_stack *stack)
{
	struct fdar_unwinder_question question = { .word = FDAR_UNWINDER_UNWIND, .space = space };
	struct fdar_unwinder_answer answer;
	gboolean answered;

	memcpy(question.registers, stack->registers, sizeof(question.registers));
	question.length = (uint32_t)MIN(stack->length, sizeof(question.bytes));
	if (question.length) /* bytes may be NULL: a sample without any */
		memcpy(question.bytes, stack->bytes, question.length);
	answered = ask(unwinder, &question, -1, &answer);
	explicit_bzero(question.bytes, question.length);
	stack->count = answered ? MIN(answer.count, FDAR_SAMPLES_DEPTH_MAX) : 0;
	stack->cut = !answered || answer.cut;
	memcpy(stack->address, answer.address, stack->count * sizeof(stack->address[0]));
}

gboolean fdar_unwinder_function(struct fdar_unwinder *unwinder, uint32_t space, uint64_t address,
				struct fdar_modules_function *function)
{
	struct fdar_unwinder_question question = { .word = FDAR_UNWINDER_FUNCTION,
						   .space = space,
						   .address = address };
	struct fdar_unwinder_answer answer;

	if (!ask(unwinder, &question, -1, &answer))
		return FALSE;
	*function = answer.function;
	function->name[sizeof(function->name) - 1] = '\0';
	function->binary[sizeof(function->binary) - 1] = '\0';
	function->build_id[sizeof(function->build_id) - 1] = '\0';
	if (function->kind != FDAR_SAMPLE_NAMED)
		function->kind = FDAR_SAMPLE_UNNAMED;
	return TRUE;
}

/* ---- the whole ---- */

/* Whether a worker lives, whatever it says. */
static gboolean has_answer(struct fdar_unwinder *unwinder)
{
	struct fdar_unwinder_question question = { .word = FDAR_UNWINDER_DROP };
	struct fdar_unwinder_answer answer;

	ask(unwinder, &question, -1, &answer);
	return unwinder->socket >= 0;
}

struct fdar_unwinder *fdar_unwinder_start(GError **error)
{
	struct fdar_unwinder *unwinder = g_new0(struct fdar_unwinder, 1);
	char *none = NULL;

	unwinder->control = unwinder->socket = -1;
	unwinder->patience_ms = PATIENCE_MS;
	unwinder->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	unwinder->feared = g_array_new(FALSE, TRUE, sizeof(char *));
	g_array_append_val(unwinder->feared, none); /* of number 0, which is none */
	if (!start_maker(unwinder))
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
			    "--sample: cannot start a process that reads the server's binaries: %s",
			    g_strerror(errno));
	else if (!has_answer(unwinder))
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, NO_WORKER);
	else
		return unwinder;
	fdar_unwinder_free(unwinder);
	return NULL;
}

pid_t fdar_unwinder_pid(const struct fdar_unwinder *unwinder)
{
	return unwinder->maker;
}

char *fdar_unwinder_feared(const struct fdar_unwinder *unwinder)
{
	GString *text = g_string_new(NULL);
	guint count = 0;

	for (guint i = 1; i < unwinder->feared->len; i++) {
		const char *path = g_array_index(unwinder->feared, char *, i);

		if (path && count++ < NAMES_MAX)
			g_string_append_printf(text, "%s%s", text->len ? ", " : "", path);
	}
	if (count > NAMES_MAX)
		g_string_append_printf(text, ", and %u more", count - NAMES_MAX);
	return g_string_free(text, !count);
}

gboolean fdar_unwinder_gave_up(const struct fdar_unwinder *unwinder)
{
	return unwinder->deaths >= FDAR_UNWINDER_DEATHS_MAX;
}

/* It ends when nobody can ask it any more, unless it stands still. It may be reaped already by who waits for any
 * child. */
static void end_maker(pid_t maker)
{
	if (wait_for_end(maker) || waitpid(maker, NULL, WNOHANG) != 0)
		return;
	kill(maker, SIGKILL);
	wait_for_end(maker);
}

void fdar_unwinder_free(struct fdar_unwinder *unwinder)
{
	if (!unwinder)
		return;
	if (unwinder->socket >= 0)
		close(unwinder->socket);
	if (unwinder->control >= 0)
		close(unwinder->control);
	if (unwinder->maker > 0)
		end_maker(unwinder->maker);
	if (unwinder->suspect)
		munmap((void *)unwinder->suspect, sizeof(*unwinder->suspect));
	for (guint i = 0; i < unwinder->feared->len; i++)
		g_free(g_array_index(unwinder->feared, char *, i));
	g_array_unref(unwinder->feared);
	g_hash_table_unref(unwinder->numbers);
	g_free(unwinder);
}
