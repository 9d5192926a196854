#include "io/session.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "io/settings.h"

struct fd_table fd_table;

/* ---- events ---- */

static bool sessions_wanted(void)
{
	return FLOWDAR_ENABLED(session_begin) && fd_settings_sessions();
}

/* The session of fd, unless it was told of. */
static void tell(int fd, const void *address)
{
	uint32_t epoch = fd_settings_epoch();
	uint64_t key;

	if (!epoch || !fd_table_tell(&fd_table, fd, epoch, &key))
		return;
	fd_wait_writing(1);
	if (address)
		flowdar_begin_address_(key, address, fd);
	else
		flowdar_begin_text_(key, NULL, fd);
	fd_wait_writing(-1);
}

/* What a descriptor was has been taken out of the table. */
static void ended(const struct fd_open *was)
{
	if (was->kind != FD_OPEN_CLIENT || !was->last || !was->told)
		return;
	fd_wait_writing(1);
	FLOWDAR_SESSION_END(was->key);
	fd_wait_writing(-1);
}

static void io_write(enum fd_io_op op, int fd, int64_t result)
{
	fd_wait_writing(1);
	flowdar_link_.io.write(op, fd, result);
	fd_wait_writing(-1);
}

void fd_io_done(enum fd_io_op op, int fd, int64_t result)
{
	if (!fd_io_wanted(fd))
		return;
	if (result < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return;
		result = -errno;
	}
	io_write(op, fd, result);
}

static bool bytes_wanted(int fd, int64_t result, uint32_t *most)
{
	if (result <= 0 || !FLOWDAR_ENABLED(bytes) || !fd_io_wanted(fd))
		return false;
	*most = fd_settings_bytes();
	return *most > 0;
}

static const char *label_of(enum fd_io_op op)
{
	return op == FD_IO_READ ? "read" : "write";
}

void fd_io_buffer(enum fd_io_op op, int fd, int64_t result, const void *buffer)
{
	uint32_t most;

	fd_io_done(op, fd, result);
	if (op == FD_IO_OTHER || !bytes_wanted(fd, result, &most))
		return;
	fd_wait_writing(1);
	flowdar_link_.bytes.write(label_of(op), buffer, (uint64_t)result, most);
	fd_wait_writing(-1);
}

static FD_APART void joined_write(enum fd_io_op op, int64_t result, const struct iovec *parts,
				  size_t count, uint32_t most)
{
	char joined[FD_IO_BYTES_MAX];
	size_t have = 0;

	if (most > (uint64_t)result)
		most = (uint32_t)result;
	for (size_t i = 0; i < count && have < most; i++) {
		size_t part = parts[i].iov_len < most - have ? parts[i].iov_len : most - have;

		memcpy(joined + have, parts[i].iov_base, part);
		have += part;
	}
	fd_wait_writing(1);
	flowdar_link_.bytes.write(label_of(op), joined, (uint64_t)result, have);
	fd_wait_writing(-1);
}

void fd_io_vector(enum fd_io_op op, int fd, int64_t result, const struct iovec *parts, size_t count)
{
	uint32_t most;

	fd_io_done(op, fd, result);
	if (op != FD_IO_OTHER && bytes_wanted(fd, result, &most))
		joined_write(op, result, parts, count, most);
}

/* ---- what a descriptor is ---- */

/* A connected stream that we did not see come: inherited, sent to us, or accepted unseen. A pair of
 * nameless local sockets is the program's own. */
static enum fd_open_kind kind_of_socket(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(int), length = sizeof(address);
	int type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM ||
	    getpeername(fd, (struct sockaddr *)&address, &length) != 0)
		return FD_OPEN_SOCKET;
	length = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		return FD_OPEN_SOCKET;
	if (address.ss_family == AF_INET || address.ss_family == AF_INET6 ||
	    (address.ss_family == AF_UNIX && length > offsetof(struct sockaddr_un, sun_path)))
		return FD_OPEN_CLIENT;
	return FD_OPEN_SOCKET;
}

/* /dev/null, /dev/zero, /dev/urandom and the like: major number 1. */
static bool is_memory(const struct stat *info)
{
	return S_ISCHR(info->st_mode) && major(info->st_rdev) == 1;
}

static void look_closely(int fd)
{
	int before = errno, flags;
	struct stat info;

	flags = fd_next()->fcntl(fd, F_GETFL);
	if (flags != -1 && fstat(fd, &info) == 0) {
		enum fd_open_kind kind = FD_OPEN_PIPE;

		if (S_ISSOCK(info.st_mode))
			kind = kind_of_socket(fd);
		else if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) || S_ISBLK(info.st_mode) ||
			 is_memory(&info))
			kind = FD_OPEN_FILE;
		fd_table_found(&fd_table, fd, kind, (flags & O_NONBLOCK) != 0);
	}
	errno = before;
}

struct fd_look fd_look(int fd)
{
	struct fd_open open;

	if (fd_table_kind(&fd_table, fd) == FD_OPEN_UNKNOWN)
		look_closely(fd);
	open = fd_table_get(&fd_table, fd, fd_settings_epoch());
	if (open.kind == FD_OPEN_CLIENT && !open.told && sessions_wanted())
		tell(fd, NULL);
	return (struct fd_look){ open.kind, open.nonblocking };
}

struct fd_look fd_look_socket(int fd)
{
	enum fd_open_kind kind = fd_table_kind(&fd_table, fd);

	if (kind == FD_OPEN_FILE || kind == FD_OPEN_PIPE)
		fd_session_forget(fd);
	return fd_look(fd);
}

void fd_session_forget(int fd)
{
	struct fd_open was = fd_table_close(&fd_table, fd, fd_settings_epoch());

	ended(&was);
}

/* ---- what happens to descriptors ---- */

void fd_session_accepted(int listener, int fd, const void *address, socklen_t length,
			 bool nonblocking)
{
	struct fd_open before;

	if (!fd_table_open(&fd_table, fd, FD_OPEN_CLIENT, nonblocking, fd_settings_epoch(),
			   &before))
		return;
	ended(&before);
	if (FLOWDAR_ENABLED(io))
		io_write(FD_IO_ACCEPT, listener, fd);
	if (sessions_wanted())
		tell(fd, length > sizeof(sa_family_t) ? address : NULL);
}

void fd_session_connected(int fd, int result, bool unspecified)
{
	bool begun = result < 0 && errno == EINPROGRESS;
	struct fd_open was;

	if (result == 0 || begun) {
		uint32_t epoch = fd_settings_epoch();

		was = fd_table_get(&fd_table, fd, epoch);
		if (was.kind != FD_OPEN_UPSTREAM || unspecified) {
			fd_table_open(&fd_table, fd,
				      unspecified ? FD_OPEN_SOCKET : FD_OPEN_UPSTREAM,
				      begun || was.nonblocking, epoch, &was);
			ended(&was);
		}
	}
	if (fd_io_wanted(fd))
		io_write(FD_IO_CONNECT, fd, result < 0 ? -errno : result);
}

void fd_session_duplicated(int from, int to)
{
	struct fd_open before;

	if (fd_table_kind(&fd_table, from) == FD_OPEN_UNKNOWN &&
	    fd_table_kind(&fd_table, to) == FD_OPEN_UNKNOWN)
		return;
	if (from == to || !fd_settings_own_descriptors())
		return;
	if (fd_io_wanted(from))
		io_write(FD_IO_DUP, from, to);
	before = fd_table_duplicate(&fd_table, from, to, fd_settings_epoch());
	ended(&before);
}

void fd_session_received(int fd)
{
	if (fd_table_kind(&fd_table, fd) != FD_OPEN_UNKNOWN)
		fd_session_forget(fd);
}

void fd_session_closing(int fd)
{
	enum fd_open_kind kind = fd_table_kind(&fd_table, fd);

	if (kind == FD_OPEN_UNKNOWN || (kind >= FD_OPEN_CLIENT && !fd_settings_own_descriptors()))
		return;
	if (fd_io_wanted(fd))
		io_write(FD_IO_CLOSE, fd, 0);
	fd_session_forget(fd);
}
