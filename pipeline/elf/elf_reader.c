#include "pipeline/elf/elf_reader.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "pipeline/elf/elf_wire.h"

#define MEMORY_BYTES (UINT64_C(8) << 30) /* of addresses: large debug information is mapped */
#define CPU_S        300u
#define ANSWER_MS    60000 /* for one request: a large library's table is read at the first */
#define CHILDREN_MAX 16u   /* that may die before no more is tried */

struct fdar_elf_reader {
	pid_t pid; /* 0: none now */
	int socket;
	guint child;                           /* which it is: handles of an earlier one are dead */
	fdar_elf_reader_fork_fn before, after; /* NULL: nobody minds */
	void *user;
};

void fdar_elf_reader_around_forks(struct fdar_elf_reader *reader, fdar_elf_reader_fork_fn before,
				  fdar_elf_reader_fork_fn after, void *user)
{
	reader->before = before;
	reader->after = after;
	reader->user = user;
}

struct fdar_elf_reader *fdar_elf_reader_new(void)
{
	struct fdar_elf_reader *reader = g_new0(struct fdar_elf_reader, 1);

	reader->socket = -1;
	return reader;
}

/* ---- the child ---- */

static void run_child(int socket, pid_t parent)
{
	static const struct fdar_child_limits limits = { .address_bytes = MEMORY_BYTES,
							 .cpu_s = CPU_S };

	fdar_child_ignore_stops();
	fdar_child_limit(&limits);
	/* After the change of user, which takes it back. */
	if (fdar_child_keep(&socket, 1) && fdar_child_drop_rights() &&
	    fdar_child_end_with(parent, SIGKILL))
		fdar_elf_child_serve(FDAR_CHILD_FIRST);
	_exit(0);
}

static void end_child(struct fdar_elf_reader *reader)
{
	if (reader->socket >= 0)
		close(reader->socket);
	reader->socket = -1;
	if (reader->pid <= 0)
		return;
	kill(reader->pid, SIGKILL);
	while (waitpid(reader->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	reader->pid = 0;
}

static gboolean have_child(struct fdar_elf_reader *reader)
{
	pid_t parent = getpid();
	int ends[2];

	if (reader->pid > 0)
		return TRUE;
	if (reader->child >= CHILDREN_MAX ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return FALSE;
	reader->child++;
	if (reader->before)
		reader->before(reader->user);
	reader->pid = fork();
	if (reader->pid == 0)
		run_child(ends[1], parent);
	if (reader->after)
		reader->after(reader->user);
	close(ends[1]);
	reader->socket = ends[0];
	if (reader->pid > 0)
		return TRUE;
	end_child(reader);
	return FALSE;
}

void fdar_elf_reader_free(struct fdar_elf_reader *reader)
{
	if (!reader)
		return;
	end_child(reader);
	g_free(reader);
}

/* ---- asking ---- */

static gboolean say(struct fdar_elf_reader *reader, const struct fdar_elf_message *message, int fd)
{
	return fdar_child_send(reader->socket, message,
			       offsetof(struct fdar_elf_message, text) + message->length, fd);
}

/* FALSE: it has died, or says nothing. */
static gboolean hear(struct fdar_elf_reader *reader, struct fdar_elf_message *message)
{
	struct pollfd ready = { .fd = reader->socket, .events = POLLIN };
	const ssize_t head = (ssize_t)offsetof(struct fdar_elf_message, text);
	ssize_t n = -1;
	int polled;

	do {
		polled = poll(&ready, 1, ANSWER_MS);
	} while (polled < 0 && errno == EINTR);
	if (polled == 1)
		n = recv(reader->socket, message, sizeof(*message) - 1, 0);
	if (n < head || message->length != (size_t)(n - head))
		return FALSE;
	message->text[message->length] = '\0';
	return TRUE;
}

/* The answer; FALSE when there is none, and then the child is another one from now on. */
static gboolean ask(struct fdar_elf_reader *reader, struct fdar_elf_message *message, int fd)
{
	if (say(reader, message, fd) && hear(reader, message))
		return TRUE;
	end_child(reader);
	return FALSE;
}

static gboolean begin(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle,
		      enum fdar_elf_word word, uint64_t offset, struct fdar_elf_message *message)
{
	*message =
		(struct fdar_elf_message){ .word = word, .file = handle->number, .offset = offset };
	return reader->pid > 0 && handle->child == reader->child;
}

gboolean fdar_elf_reader_open(struct fdar_elf_reader *reader, int fd, const char *path,
			      struct fdar_elf_handle *handle, gboolean *died)
{
	struct fdar_elf_message message = { .word = FDAR_ELF_OPEN };
	gboolean answered;

	message.length = (uint32_t)MIN(strlen(path), FDAR_ELF_TEXT_MAX);
	memcpy(message.text, path, message.length);
	answered = have_child(reader) && ask(reader, &message, fd);
	if (died)
		*died = !answered;
	if (!answered || !message.word)
		return FALSE;
	*handle = (struct fdar_elf_handle){ reader->child, message.file };
	return TRUE;
}

static char *text_of(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle,
		     enum fdar_elf_word word, uint64_t offset, int *line)
{
	struct fdar_elf_message message;

	if (!begin(reader, handle, word, offset, &message) || !ask(reader, &message, -1) ||
	    !message.word)
		return NULL;
	if (line)
		*line = message.line;
	return g_utf8_make_valid(message.text, -1);
}

char *fdar_elf_reader_build_id(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle)
{
	return text_of(reader, handle, FDAR_ELF_BUILD_ID, 0, NULL);
}

char *fdar_elf_reader_soname(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle)
{
	return text_of(reader, handle, FDAR_ELF_SONAME, 0, NULL);
}

char *fdar_elf_reader_function(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle,
			       uint64_t offset)
{
	return text_of(reader, handle, FDAR_ELF_FUNCTION, offset, NULL);
}

char *fdar_elf_reader_line(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle,
			   uint64_t offset, int *line)
{
	return text_of(reader, handle, FDAR_ELF_LINE, offset, line);
}

gboolean fdar_elf_reader_functions(struct fdar_elf_reader *reader,
				   const struct fdar_elf_handle *handle,
				   fdar_elf_reader_take_fn take, void *user)
{
	struct fdar_elf_message message;

	if (!begin(reader, handle, FDAR_ELF_LIST, 0, &message) || !say(reader, &message, -1))
		return FALSE;
	while (hear(reader, &message)) {
		if (!message.word)
			return TRUE;
		take(message.offset, message.bytes, message.text, user);
	}
	end_child(reader);
	return FALSE;
}
