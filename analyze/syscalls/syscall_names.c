#include "analyze/syscalls/syscalls_private.h"

#include <string.h>

static const char *const op_names[FDAR_IO_OPS] = {
	[FDAR_IO_OTHER] = "peek",        [FDAR_IO_READ] = "read",
	[FDAR_IO_WRITE] = "write",       [FDAR_IO_ACCEPT] = "accept",
	[FDAR_IO_CONNECT] = "connect",   [FDAR_IO_CLOSE] = "close",
	[FDAR_IO_SHUTDOWN] = "shutdown", [FDAR_IO_DUP] = "dup",
	[FDAR_IO_WATCH] = "epoll_ctl",
};

const char *fdar_syscall_op_name(uint64_t op)
{
	return op < FDAR_IO_OPS ? op_names[op] : "other";
}

/* What is moved by other calls between pipes and files (splice, tee) keeps its name. */
static const struct {
	const char *what;
	enum fdar_io_op op;
} operations[] = {
	{ "read", FDAR_IO_READ },      { "readv", FDAR_IO_READ },
	{ "recv", FDAR_IO_READ },      { "recvfrom", FDAR_IO_READ },
	{ "recvmsg", FDAR_IO_READ },   { "recvmmsg", FDAR_IO_READ },
	{ "write", FDAR_IO_WRITE },    { "writev", FDAR_IO_WRITE },
	{ "send", FDAR_IO_WRITE },     { "sendto", FDAR_IO_WRITE },
	{ "sendmsg", FDAR_IO_WRITE },  { "sendmmsg", FDAR_IO_WRITE },
	{ "sendfile", FDAR_IO_WRITE }, { "connect", FDAR_IO_CONNECT },
	{ "accept", FDAR_IO_ACCEPT },  { "accept4", FDAR_IO_ACCEPT },
};

const char *fdar_syscall_wait_name(const char *what, uint8_t kind, uint64_t *op)
{
	*op = FDAR_IO_OPS;
	if (kind != FDAR_WAIT_IO && kind != FDAR_WAIT_ACCEPT)
		return what;
	for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
		if (strcmp(what, operations[i].what) != 0)
			continue;
		*op = operations[i].op;
		return op_names[*op];
	}
	return what;
}

gboolean fdar_syscall_wait_failed(const char *what, int64_t result)
{
	static const char *const numbers[] = { "pthread_", "mtx_",    "cnd_",
					       "thrd_",    "getaddr", "clock_nanosleep",
					       "sigwait" };

	/* The one of all threads that is told to tidy up gets -1. */
	if (strcmp(what, "pthread_barrier_wait") == 0)
		return result > 0;
	if (result < 0)
		return TRUE;
	/* These give a signal's number. */
	if (result == 0 || strcmp(what, "sigwaitinfo") == 0)
		return FALSE;
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (g_str_has_prefix(what, numbers[i]))
			return TRUE;
	return FALSE;
}
