#include "replay/lockstep/queues.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 4096
#define STATE_LISTEN 10 /* TCP_LISTEN of netinet/tcp.h, which linux/tcp.h cannot stand beside */
/* The states behind a FIN of its own: FIN_WAIT1, FIN_WAIT2, TIME_WAIT, LAST_ACK, CLOSING. */
#define STATES_LEFT (1u << 4 | 1u << 5 | 1u << 6 | 1u << 9 | 1u << 11)

struct fdar_queues {
	int fd;
	uint32_t asked; /* number of the last question */
};

struct question {
	struct nlmsghdr header;
	struct inet_diag_req_v2 request;
};

struct fdar_queues *fdar_queues_new(void)
{
	static const struct fdar_endpoint nobody = { .addr = { 127, 0, 0, 1 },
						     .port = 1,
						     .family = FDAR_FAMILY_IPV4 };
	struct fdar_queues *queues = g_new0(struct fdar_queues, 1);
	/* An answer is there when send() returns; should it not come, nothing hangs for it. */
	struct timeval patience = { .tv_sec = 1 };
	struct fdar_queue queue;

	queues->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (queues->fd >= 0) {
		setsockopt(queues->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		errno = 0;
		/* Nobody there is an answer, too. */
		if (fdar_queues_look(queues, FDAR_TCP, &nobody, &nobody, FALSE, &queue) ||
		    errno == ENOENT)
			return queues;
	}
	fdar_queues_free(queues);
	return NULL;
}

void fdar_queues_free(struct fdar_queues *queues)
{
	if (!queues)
		return;
	if (queues->fd >= 0)
		close(queues->fd);
	g_free(queues);
}

static void ask(struct question *question, uint32_t number, enum fdar_transport transport,
		const struct fdar_endpoint *here, const struct fdar_endpoint *there,
		gboolean counts)
{
	/* UDP has them the other way round: source is where a datagram comes from. */
	const struct fdar_endpoint *source = transport == FDAR_TCP ? here : there;
	const struct fdar_endpoint *other = transport == FDAR_TCP ? there : here;
	struct inet_diag_req_v2 *request = &question->request;

	memset(question, 0, sizeof(*question));
	question->header = (struct nlmsghdr){ .nlmsg_len = sizeof(*question),
					      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
					      .nlmsg_flags = NLM_F_REQUEST,
					      .nlmsg_seq = number };
	request->sdiag_family = here->family == FDAR_FAMILY_IPV6 ? AF_INET6 : AF_INET;
	request->sdiag_protocol = (uint8_t)transport;
	request->idiag_ext = counts ? 1u << (INET_DIAG_INFO - 1) : 0;
	request->idiag_states = ~0u;
	request->id.idiag_sport = GUINT16_TO_BE(source->port);
	request->id.idiag_dport = GUINT16_TO_BE(other->port);
	memcpy(request->id.idiag_src, source->addr, sizeof(source->addr));
	memcpy(request->id.idiag_dst, other->addr, sizeof(other->addr));
	request->id.idiag_cookie[0] = request->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

/* Bytes that came, out of the attributes behind the message. */
static uint64_t received_of(const uint8_t *at, size_t left)
{
	struct nlattr attribute;
	struct tcp_info info;

	while (left >= sizeof(attribute)) {
		size_t whole;

		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > left)
			break;
		if (attribute.nla_type == INET_DIAG_INFO) {
			memset(&info, 0, sizeof(info));
			memcpy(&info, at + sizeof(attribute),
			       MIN(sizeof(info), (size_t)attribute.nla_len - sizeof(attribute)));
			return info.tcpi_bytes_received;
		}
		whole = MIN(((size_t)attribute.nla_len + 3) & ~(size_t)3, left);
		at += whole;
		left -= whole;
	}
	return 0;
}

/* FALSE and errno: ENOENT when there is no such socket. */
static gboolean read_answer(const uint8_t *bytes, size_t length, struct fdar_queue *queue,
			    uint16_t *port)
{
	struct nlmsghdr header;
	struct nlmsgerr failure;
	struct inet_diag_msg message;

	errno = EBADMSG;
	if (length < sizeof(header))
		return FALSE;
	memcpy(&header, bytes, sizeof(header));
	if (header.nlmsg_type == NLMSG_ERROR && length >= NLMSG_HDRLEN + sizeof(failure)) {
		memcpy(&failure, bytes + NLMSG_HDRLEN, sizeof(failure));
		errno = -failure.error;
		return FALSE;
	}
	if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    length < NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(message)))
		return FALSE;
	memcpy(&message, bytes + NLMSG_HDRLEN, sizeof(message));
	*queue = (struct fdar_queue){ .state = message.idiag_state,
				      .accepted = message.idiag_inode != 0,
				      .left = message.idiag_state < 32 &&
					      (STATES_LEFT >> message.idiag_state & 1u),
				      .unread = message.idiag_rqueue,
				      .unheard = message.idiag_wqueue };
	*port = GUINT16_FROM_BE(message.id.idiag_sport);
	queue->received = received_of(bytes + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(message)),
				      length - NLMSG_HDRLEN - NLMSG_ALIGN(sizeof(message)));
	return TRUE;
}

/* What the kernel says of the pair: without a connection it gives the socket that listens, or one like it. */
static gboolean look(struct fdar_queues *queues, enum fdar_transport transport,
		     const struct fdar_endpoint *here, const struct fdar_endpoint *there,
		     gboolean counts, struct fdar_queue *queue)
{
	uint8_t bytes[ANSWER_BYTES];
	struct question question;
	struct nlmsghdr header;
	uint16_t port = 0;
	ssize_t n;

	ask(&question, ++queues->asked, transport, here, there, counts);
	if (send(queues->fd, &question, sizeof(question), 0) != (ssize_t)sizeof(question))
		return FALSE;
	do { /* an answer to an earlier question, that came late, is passed over */
		n = recv(queues->fd, bytes, sizeof(bytes), 0);
		if (n < (ssize_t)sizeof(header))
			return FALSE;
		memcpy(&header, bytes, sizeof(header));
	} while (header.nlmsg_seq != queues->asked);
	if (!read_answer(bytes, (size_t)n, queue, &port))
		return FALSE;
	errno = ENOENT;
	return port == here->port;
}

gboolean fdar_queues_look(struct fdar_queues *queues, enum fdar_transport transport,
			  const struct fdar_endpoint *here, const struct fdar_endpoint *there,
			  gboolean counts, struct fdar_queue *queue)
{
	return look(queues, transport, here, there, counts, queue) &&
	       (transport == FDAR_UDP || queue->state != STATE_LISTEN);
}

gboolean fdar_queues_listens(struct fdar_queues *queues, const struct fdar_endpoint *here)
{
	const struct fdar_endpoint nobody = { .family = here->family };
	struct fdar_queue queue;

	return look(queues, FDAR_TCP, here, &nobody, FALSE, &queue) && queue.state == STATE_LISTEN;
}

gboolean fdar_queues_own(int fd, uint32_t *unacknowledged)
{
	int bytes = 0;

	if (ioctl(fd, SIOCOUTQ, &bytes) != 0 || bytes < 0)
		return FALSE;
	*unacknowledged = (uint32_t)bytes;
	return TRUE;
}

uint64_t fdar_queues_given(int fd, uint32_t unacknowledged)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	/* The SYN was acknowledged as a byte, and does not count as one received. */
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || !info.tcpi_bytes_acked)
		return unacknowledged;
	return info.tcpi_bytes_acked - 1 + unacknowledged;
}
