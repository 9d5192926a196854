/* The worker that reads binaries. It has no rights, and ends with whoever forked it. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "pipeline/samples/unwinder_wire.h"

struct worker {
	GHashTable *spaces; /* number -> struct fdar_modules */
	volatile uint32_t *suspect;
	struct fdar_unwinder_question question;
	struct fdar_unwinder_answer answer;
	struct fdar_space_stack stack;
};

static struct fdar_modules *space_of(struct worker *worker)
{
	gpointer key = GUINT_TO_POINTER(worker->question.space);
	struct fdar_modules *space = g_hash_table_lookup(worker->spaces, key);

	if (!space) {
		space = fdar_modules_new(worker->suspect);
		g_hash_table_insert(worker->spaces, key, space);
	}
	return space;
}

static void map(struct worker *worker, int fd)
{
	const struct fdar_unwinder_question *question = &worker->question;
	g_autofree char *path = g_strndup((const char *)question->bytes, question->length);
	const struct fdar_modules_map map = { question->start, question->end, question->page_offset,
					      path };

	if (fd >= 0)
		fdar_modules_map(space_of(worker), &map, question->file, fd);
}

static void unwind(struct worker *worker)
{
	struct fdar_space_stack *stack = &worker->stack;

	memcpy(stack->registers, worker->question.registers, sizeof(stack->registers));
	stack->bytes = worker->question.bytes;
	stack->length = worker->question.length;
	fdar_modules_unwind(space_of(worker), stack);
	/* Stacks hold what clients sent: nothing of them stays. */
	explicit_bzero(worker->question.bytes, worker->question.length);
	memcpy(worker->answer.address, stack->address, stack->count * sizeof(stack->address[0]));
	worker->answer.count = stack->count;
	worker->answer.cut = stack->cut ? 1 : 0;
	worker->answer.fine = 1;
}

static void serve(struct worker *worker, int fd)
{
	const struct fdar_unwinder_question *question = &worker->question;

	worker->answer.fine = 0;
	if (question->word == FDAR_UNWINDER_MAP)
		map(worker, fd);
	else if (question->word == FDAR_UNWINDER_DROP)
		g_hash_table_remove(worker->spaces, GUINT_TO_POINTER(question->space));
	else if (question->word == FDAR_UNWINDER_UNWIND)
		unwind(worker);
	else if (question->word == FDAR_UNWINDER_FUNCTION)
		worker->answer.fine = fdar_modules_function(space_of(worker), question->address,
							    &worker->answer.function)
					      ? 1
					      : 0;
}

/* FALSE: there will be none. */
static gboolean hear(int socket, struct fdar_unwinder_question *question, int *fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { question, sizeof(*question) };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	do {
		n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	*fd = n > 0 ? fdar_child_descriptor(&header) : -1;
	return n >= (ssize_t)offsetof(struct fdar_unwinder_question, bytes) &&
	       question->length == (size_t)n - offsetof(struct fdar_unwinder_question, bytes);
}

void fdar_unwinder_serve(int socket, volatile uint32_t *suspect)
{
	struct worker *worker = g_new0(struct worker, 1);
	int fd;

	worker->suspect = suspect;
	worker->spaces = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)fdar_modules_free);
	unsetenv("DEBUGINFOD_URLS"); /* a server would be asked while samples wait */
	while (hear(socket, &worker->question, &fd)) {
		serve(worker, fd);
		if (send(socket, &worker->answer, sizeof(worker->answer), MSG_NOSIGNAL) < 0)
			return;
	}
}
