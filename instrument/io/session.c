#include "io/session.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "io/settings.h"
#include "provider/address.h"
#include "provider/control.h"
#include "provider/processor.h"

struct fdar_descriptors fdar_descriptors;

/* ---- events ---- */

static bool sessions_wanted(void)
{
	return FLOWDAR_ENABLED(session_begin) && fdar_settings_sessions();
}

/* The session of fd, unless it was told of. */
static void tell(int fd, const void *address)
{
	uint32_t epoch = fdar_settings_epoch();
	uint64_t key;

	if (!epoch || !fdar_descriptors_tell(&fdar_descriptors, fd, epoch, &key))
		return;
	fdar_writing(1);
	if (address)
		flowdar_begin_address_(key, address, fd);
	else
		flowdar_begin_text_(key, NULL, fd);
	fdar_writing(-1);
	fdar_control_add(io_sessions, 1);
}

/* What a descriptor was has been taken out of the table. */
static void ended(const struct fdar_open *was)
{
	if (was->kind != FDAR_OPEN_CLIENT || !was->last || !was->told)
		return;
	fdar_writing(1);
	FLOWDAR_SESSION_END(was->key);
	fdar_writing(-1);
}

static void io_write(enum fdar_io_op op, int fd, int64_t result)
{
	fdar_writing(1);
	flowdar_link_.io.write(op, fd, result);
	fdar_writing(-1);
}

void fdar_io_done(enum fdar_io_op op, int fd, int64_t result)
{
	if (!fdar_io_wanted(fd))
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
	if (result <= 0 || !FLOWDAR_ENABLED(bytes) || !fdar_io_wanted(fd))
		return false;
	*most = fdar_settings_bytes();
	return *most > 0;
}

static const char *label_of(enum fdar_io_op op)
{
	return op == FDAR_IO_READ ? "read" : "write";
}

void fdar_io_buffer(enum fdar_io_op op, int fd, int64_t result, const void *buffer)
{
	uint32_t most;

	fdar_io_done(op, fd, result);
	if (op == FDAR_IO_OTHER || !bytes_wanted(fd, result, &most))
		return;
	fdar_writing(1);
	flowdar_link_.bytes.write(label_of(op), buffer, (uint64_t)result, most);
	fdar_writing(-1);
}

static FDAR_APART void joined_write(enum fdar_io_op op, int64_t result, const struct iovec *parts,
				    size_t count, uint32_t most)
{
	char joined[FDAR_IO_BYTES_MAX];
	size_t have = 0;

	if (most > (uint64_t)result)
		most = (uint32_t)result;
	for (size_t i = 0; i < count && have < most; i++) {
		size_t part = parts[i].iov_len < most - have ? parts[i].iov_len : most - have;

		memcpy(joined + have, parts[i].iov_base, part);
		have += part;
	}
	fdar_writing(1);
	flowdar_link_.bytes.write(label_of(op), joined, (uint64_t)result, have);
	fdar_writing(-1);
}

void fdar_io_vector(enum fdar_io_op op, int fd, int64_t result, const struct iovec *parts,
		    size_t count)
{
	uint32_t most;

	fdar_io_done(op, fd, result);
	if (op != FDAR_IO_OTHER && bytes_wanted(fd, result, &most))
		joined_write(op, result, parts, count, most);
}

/* ---- what a descriptor is ---- */

/* A connected stream that we did not see come: inherited, sent to us, or accepted unseen. A pair of
 * nameless local sockets is the program's own. */
static enum fdar_open_kind kind_of_socket(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(int), length = sizeof(address);
	int type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM ||
	    getpeername(fd, (struct sockaddr *)&address, &length) != 0)
		return FDAR_OPEN_SOCKET;
	length = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		return FDAR_OPEN_SOCKET;
	if (address.ss_family == AF_INET || address.ss_family == AF_INET6 ||
	    (address.ss_family == AF_UNIX && length > offsetof(struct sockaddr_un, sun_path)))
		return FDAR_OPEN_CLIENT;
	return FDAR_OPEN_SOCKET;
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

	flags = fdar_next()->fcntl(fd, F_GETFL);
	if (flags != -1 && fstat(fd, &info) == 0) {
		enum fdar_open_kind kind = FDAR_OPEN_PIPE;

		if (S_ISSOCK(info.st_mode))
			kind = kind_of_socket(fd);
		else if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) || S_ISBLK(info.st_mode) ||
			 is_memory(&info))
			kind = FDAR_OPEN_FILE;
		fdar_descriptors_found(&fdar_descriptors, fd, kind, (flags & O_NONBLOCK) != 0);
	}
	errno = before;
}

struct fdar_look fdar_look(int fd)
{
	struct fdar_open open;

	if (fdar_descriptors_kind(&fdar_descriptors, fd) == FDAR_OPEN_UNKNOWN)
		look_closely(fd);
	open = fdar_descriptors_get(&fdar_descriptors, fd, fdar_settings_epoch());
	if (open.kind == FDAR_OPEN_CLIENT && !open.told && sessions_wanted())
		tell(fd, NULL);
	return (struct fdar_look){ open.kind, open.nonblocking };
}

struct fdar_look fdar_look_socket(int fd)
{
	enum fdar_open_kind kind = fdar_descriptors_kind(&fdar_descriptors, fd);

	if (kind == FDAR_OPEN_FILE || kind == FDAR_OPEN_PIPE)
		fdar_session_forget(fd);
	return fdar_look(fd);
}

void fdar_session_forget(int fd)
{
	struct fdar_open was = fdar_descriptors_close(&fdar_descriptors, fd, fdar_settings_epoch());

	ended(&was);
}

/* ---- what happens to descriptors ---- */

void fdar_session_accepted(int listener, int fd, const void *address, socklen_t length,
			   bool nonblocking)
{
	struct fdar_open before;

	if (!fdar_descriptors_open(&fdar_descriptors, fd, FDAR_OPEN_CLIENT, nonblocking,
				   fdar_settings_epoch(), &before))
		return;
	ended(&before);
	if (FLOWDAR_ENABLED(io))
		io_write(FDAR_IO_ACCEPT, listener, fd);
	if (sessions_wanted())
		tell(fd, length > sizeof(sa_family_t) ? address : NULL);
}

/* From where to where: the other end, recorded elsewhere, knows the connection by that. Of streams between hosts. Takes
 * system calls of its own, which a server that has locked itself in may have forbidden. */
static void tell_upstream(int fd, const struct sockaddr *to, socklen_t length)
{
	char own[FDAR_ADDRESS_TEXT_MAX], peer[FDAR_ADDRESS_TEXT_MAX];
	char text[sizeof(own) + sizeof(peer) + 16];
	struct sockaddr_storage address;
	socklen_t size = sizeof(int), own_length = sizeof(address);
	int type = 0;

	if (!to || (to->sa_family != AF_INET && to->sa_family != AF_INET6) ||
	    !FLOWDAR_ENABLED(note) || fdar_processor_ended() ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM ||
	    getsockname(fd, (struct sockaddr *)&address, &own_length) != 0)
		return;
	fdar_address_format(&address, own_length, own);
	if (strncmp(own, "127.", 4) == 0 || strncmp(own, "[::1]", 5) == 0)
		return;
	fdar_address_format(to, length, peer);
	snprintf(text, sizeof(text), "%d %s %s", fd, own, peer);
	fdar_writing(1);
	flowdar_link_.note.write(FDAR_NOTE_UPSTREAM, text);
	fdar_writing(-1);
}

void fdar_session_connected(int fd, int result, const struct sockaddr *to, socklen_t length)
{
	bool unspecified = to && length >= sizeof(to->sa_family) && to->sa_family == AF_UNSPEC;
	int before = errno;
	bool begun = result < 0 && errno == EINPROGRESS;
	struct fdar_open was;

	if (result == 0 || begun) {
		uint32_t epoch = fdar_settings_epoch();

		was = fdar_descriptors_get(&fdar_descriptors, fd, epoch);
		if (was.kind != FDAR_OPEN_UPSTREAM || unspecified) {
			fdar_descriptors_open(&fdar_descriptors, fd,
					      unspecified ? FDAR_OPEN_SOCKET : FDAR_OPEN_UPSTREAM,
					      begun || was.nonblocking, epoch, &was);
			ended(&was);
		}
	}
	if (fdar_io_wanted(fd))
		io_write(FDAR_IO_CONNECT, fd, result < 0 ? -errno : result);
	if ((result == 0 || begun) && fdar_io_wanted(fd))
		tell_upstream(fd, to, length);
	errno = before;
}

__thread volatile uint64_t fdar_session_datagram_key;

/* An Internet socket for datagrams that is not connected: what it is is decided by who sends first. */
static bool is_undecided(int fd)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(int), length = sizeof(peer);
	int before = errno, type = 0, domain = 0;
	bool is;

	if (fdar_look(fd).kind != FDAR_OPEN_SOCKET)
		return false;
	is = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM &&
	     getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	     (domain == AF_INET || domain == AF_INET6) &&
	     getpeername(fd, (struct sockaddr *)&peer, &length) != 0;
	errno = before;
	return is;
}

static void decide(int fd, enum fdar_open_kind kind)
{
	uint32_t epoch = fdar_settings_epoch();
	struct fdar_open was = fdar_descriptors_get(&fdar_descriptors, fd, epoch);

	fdar_descriptors_open(&fdar_descriptors, fd, kind, was.nonblocking, epoch, &was);
}

void fdar_session_datagram_sent(int fd)
{
	if (is_undecided(fd))
		decide(fd, FDAR_OPEN_UPSTREAM);
}

bool fdar_session_datagrams_wanted(int fd)
{
	return sessions_wanted() &&
	       (fdar_descriptors_kind(&fdar_descriptors, fd) == FDAR_OPEN_DATAGRAMS ||
		is_undecided(fd));
}

void fdar_session_datagrams(int fd)
{
	if (is_undecided(fd))
		decide(fd, FDAR_OPEN_DATAGRAMS);
}

void fdar_session_datagram_over(void)
{
	uint64_t key = fdar_session_datagram_key;

	if (!key)
		return;
	fdar_session_datagram_key = 0;
	fdar_writing(1);
	FLOWDAR_SESSION_END(key);
	fdar_writing(-1);
}

void fdar_session_datagram(int fd, const void *address, socklen_t length)
{
	static uint32_t last_number;
	uint64_t number;

	if (!address || length <= sizeof(sa_family_t))
		return;
	fdar_session_datagrams(fd);
	if (fdar_descriptors_kind(&fdar_descriptors, fd) != FDAR_OPEN_DATAGRAMS ||
	    !sessions_wanted())
		return;
	fdar_session_datagram_over();
	number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED) | UINT64_C(1) << 31;
	fdar_session_datagram_key = number << 32 | (uint32_t)fd;
	fdar_writing(1);
	flowdar_begin_address_(fdar_session_datagram_key, address, fd);
	fdar_writing(-1);
}

void fdar_session_duplicated(int from, int to)
{
	struct fdar_open before;

	if (fdar_descriptors_kind(&fdar_descriptors, from) == FDAR_OPEN_UNKNOWN &&
	    fdar_descriptors_kind(&fdar_descriptors, to) == FDAR_OPEN_UNKNOWN)
		return;
	if (from == to || !fdar_settings_own_descriptors())
		return;
	if (fdar_io_wanted(from))
		io_write(FDAR_IO_DUP, from, to);
	before = fdar_descriptors_duplicate(&fdar_descriptors, from, to, fdar_settings_epoch());
	ended(&before);
}

void fdar_session_received(int fd)
{
	if (fdar_descriptors_kind(&fdar_descriptors, fd) != FDAR_OPEN_UNKNOWN)
		fdar_session_forget(fd);
}

void fdar_session_closing(int fd)
{
	enum fdar_open_kind kind = fdar_descriptors_kind(&fdar_descriptors, fd);

	if (kind == FDAR_OPEN_UNKNOWN ||
	    (kind >= FDAR_OPEN_CLIENT && !fdar_settings_own_descriptors()))
		return;
	fdar_session_receiving(fd);
	if (fdar_io_wanted(fd))
		io_write(FDAR_IO_CLOSE, fd, 0);
	fdar_session_forget(fd);
}
