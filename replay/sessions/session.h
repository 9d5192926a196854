/*
 * Sessions: what a capture holds, taken apart, with its payload in a spool file.
 *
 * Place in the house: the seam of replay/. Below it packets are read, decoded, defragmented and
 * reassembled (capture.h, decode.h, defrag.h, assembler.h); above it sessions are played and
 * reported. Everything here is read-only once loaded and may be shared by threads and clones.
 *
 * A session is one TCP connection, or one UDP flow until it is idle. It is an array of *pieces* in
 * the order in which the capture saw them: a piece is what one captured segment or datagram added
 * to its stream, so that a message can leave in the same pieces again; gaps, FIN and RST are pieces
 * too. Retransmissions add nothing and are no pieces.
 *
 * Memory. Payload is copied once, into an unlinked temporary file in $TMPDIR (/var/tmp when unset),
 * and so are the pieces (32 bytes each); both are then mapped read-only, so the kernel may drop
 * their pages at any time. Anonymous memory is sizeof(struct fd_session) a session, plus, while
 * loading, about 1 KiB a session that is open at the time, at most 64 MiB of segments that wait for
 * a missing one, and 2 MiB of buffers; it does not grow with packets or payload.
 */
#ifndef FD_REPLAY_SESSION_H
#define FD_REPLAY_SESSION_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/endpoint.h"

enum fd_transport {
	FD_TCP = 6, /* the IP protocol numbers */
	FD_UDP = 17
};

/* Which way bytes go; indexes fd_session.way. */
enum fd_way { FD_FROM_CLIENT = 0, FD_FROM_SERVER = 1 };

enum fd_began {
	FD_BEGAN_HANDSHAKE,  /* SYN and SYN+ACK were seen */
	FD_BEGAN_SYN,        /* a SYN that nobody answered in the capture */
	FD_BEGAN_SYNACK,     /* SYN+ACK seen, the SYN is missing */
	FD_BEGAN_MID_STREAM, /* no handshake: the capture began later */
	FD_BEGAN_DATAGRAM,   /* UDP */
	FD_BEGAN_KINDS
};

enum fd_ended {
	FD_ENDED_OPEN,   /* still open when the capture ended */
	FD_ENDED_FIN,    /* both sides sent FIN; ended_by sent the first */
	FD_ENDED_HALF,   /* only ended_by sent FIN */
	FD_ENDED_RST,    /* ended_by reset it */
	FD_ENDED_REUSED, /* a new SYN took its ports while it was open */
	FD_ENDED_IDLE,   /* silent for longer than the idle time (UDP) */
	FD_ENDED_KINDS
};

/* What is odd about a session: bits of fd_session.odd. */
enum fd_odd {
	FD_ODD_FAST_OPEN = 1u << 0,      /* TCP Fast Open: data, or a cookie, in the SYN */
	FD_ODD_RETRANSMITS = 1u << 1,    /* bytes came more than once */
	FD_ODD_REORDERED = 1u << 2,      /* bytes came before earlier ones */
	FD_ODD_DIFFERS = 1u << 3,        /* copies of the same bytes differ: the first won */
	FD_ODD_GAP_CLIENT = 1u << 4,     /* bytes of the client are missing from the capture */
	FD_ODD_GAP_SERVER = 1u << 5,     /* bytes of the server are missing */
	FD_ODD_CUT = 1u << 6,            /* packets were cut by the capture's snap length */
	FD_ODD_WRAPPED = 1u << 7,        /* sequence numbers passed 2^32 */
	FD_ODD_FRAGMENTS = 1u << 8,      /* IP fragments */
	FD_ODD_CLOCK_BACK = 1u << 9,     /* time ran backwards between its packets */
	FD_ODD_STRAY_RST = 1u << 10,     /* a RST outside the window: not believed */
	FD_ODD_AFTER_END = 1u << 11,     /* payload after RST, or after the sender's own FIN */
	FD_ODD_OUT_OF_WINDOW = 1u << 12, /* payload more than 1 GiB ahead: not believed */
	FD_ODD_GUESSED_SIDES = 1u << 13, /* no handshake: the lower port was taken for the server */
	FD_ODD_BITS = 14
};

enum fd_piece_kind {
	FD_PIECE_DATA, /* length bytes at offset of the payload; for UDP one datagram, may be empty
			*/
	FD_PIECE_GAP,  /* length bytes that are not in the capture; offset means nothing */
	FD_PIECE_FIN,  /* the sender is done sending (half-close unless the other did so before) */
	FD_PIECE_RST
};

struct fd_piece {
	uint64_t time_ns; /* on the capture's time line (timeline.h); never less than the last's */
	uint64_t offset;  /* in the payload */
	uint64_t acked;   /* TCP: how many bytes of the other way, gaps included, the sender had
			   * acknowledged when it sent this: what it may have answered to */
	uint32_t length;  /* bytes; 0 for FIN and RST */
	uint8_t kind;     /* enum fd_piece_kind */
	uint8_t way;      /* enum fd_way: who sent it */
	uint8_t syn;      /* DATA that came in the SYN (TCP Fast Open) */
	uint8_t push;     /* the PSH flag was set: the sender's write ended here */
};

/* One way's totals. */
struct fd_way_totals {
	uint64_t packets;   /* captured, retransmissions and bare ACKs included */
	uint64_t bytes;     /* payload in pieces */
	uint64_t gap_bytes; /* missing, as far as known */
	uint32_t messages;  /* runs of pieces that hold data, UDP: datagrams' runs likewise */
	uint32_t pieces;    /* DATA pieces */
};

struct fd_session {
	uint32_t id;       /* its place in the order of first packets, from 0 */
	uint8_t transport; /* enum fd_transport */
	uint8_t began;     /* enum fd_began */
	uint8_t ended;     /* enum fd_ended */
	uint8_t ended_by;  /* enum fd_way, where ended says so */
	uint32_t odd;      /* bits of enum fd_odd */
	struct fd_endpoint client;
	struct fd_endpoint server;
	uint64_t packet;   /* number of its first packet in the capture */
	uint64_t epoch_ns; /* captured time of its first packet */
	uint64_t start_ns; /* time-line time of the first and the last packet */
	uint64_t end_ns;
	struct fd_way_totals way[2];
	uint64_t first_piece; /* private: where its pieces are, see fd_sessions_pieces */
	uint64_t pieces;      /* how many pieces it has */
};

/* What was left out of the sessions, and why: nothing goes unaccounted for. */
struct fd_capture_totals {
	uint64_t packets;        /* read */
	uint64_t in_sessions;    /* of these, part of a session (a fragment counts as one) */
	uint64_t not_ip;         /* ARP, LLDP, unknown ether types, ... */
	uint64_t other_protocol; /* IP, but neither TCP nor UDP: ICMP, GRE, ESP, ... */
	uint64_t malformed;      /* headers that contradict themselves or are cut */
	uint64_t lone_fragments; /* of datagrams that were never whole */
	uint64_t squeezed_ns;    /* silence taken out of the time line */
	uint64_t clock_back;     /* how often time ran backwards */
};

/* Called every MiB or so with how much of the capture was read; size is 0 when it is not known.
 * FALSE stops: the call that reads fails with CANCELLED of G_IO_ERROR. */
typedef gboolean (*fd_progress_fn)(uint64_t read_bytes, uint64_t size_bytes, void *user);

struct fd_load_options {
	uint64_t max_gap_ns;  /* silence kept at most; 0: the default, 5 s; FD_TIMELINE_KEEP: all */
	uint64_t udp_idle_ns; /* a UDP flow silent for longer ends; 0: the default, 60 s */
	fd_progress_fn progress; /* may be NULL */
	void *user;              /* of progress */
};

struct fd_sessions;

/* Loads a capture ("-" is standard input). options may be NULL. The caller owns the result. NULL
 * and error (FD_CAPTURE_ERROR) when it cannot be read, or holds no TCP or UDP packet. A damaged
 * capture gives everything up to the damage: see fd_sessions_damage. */
struct fd_sessions *fd_sessions_load(const char *path, const struct fd_load_options *options,
				     GError **error);

/* In order of first packets; session->id is its index. Owned by sessions. */
size_t fd_sessions_count(const struct fd_sessions *sessions);
const struct fd_session *fd_sessions_get(const struct fd_sessions *sessions, size_t index);

/* The pieces of a session: session->pieces of them, mapped from the spool; NULL when it has none.
 */
const struct fd_piece *fd_sessions_pieces(const struct fd_sessions *sessions,
					  const struct fd_session *session);

/* The payload of a DATA piece: piece->length bytes, mapped from the spool. */
const uint8_t *fd_sessions_payload(const struct fd_sessions *sessions,
				   const struct fd_piece *piece);

/* What was wrong with the file, one line naming it; NULL when it was whole. */
const char *fd_sessions_damage(const struct fd_sessions *sessions);

const struct fd_capture_totals *fd_sessions_totals(const struct fd_sessions *sessions);

/* From the first to the last packet on the time line. */
uint64_t fd_sessions_duration_ns(const struct fd_sessions *sessions);

void fd_sessions_free(struct fd_sessions *sessions);
typedef struct fd_sessions fd_sessions;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_sessions, fd_sessions_free)

/* A message: data (and gap) pieces one way until the other side talks or the sender is done. */
struct fd_message {
	uint64_t first; /* index of its first and last piece; pieces of the other way's FIN */
	uint64_t last;  /* may lie between */
	uint64_t bytes; /* payload, without gaps */
	uint64_t gap_bytes;
	uint64_t begin_ns;
	uint64_t end_ns;
	uint64_t before_bytes; /* bytes (and gaps) of the other way before this in capture order */
	uint64_t acked_bytes;  /* the same by the sender's acknowledgements, of its first piece */
	uint8_t way;
};

/* Gives the next message at or after piece *at, and sets *at behind it. before_bytes starts from 0
 * at the piece where the walk began, so start with *at = 0. FALSE at the end. O(pieces walked). */
struct fd_message_walk {
	const struct fd_piece *pieces;
	uint64_t count;
	uint64_t at;
	uint64_t sent[2]; /* bytes and gaps so far, each way */
};
void fd_message_walk_init(struct fd_message_walk *walk, const struct fd_sessions *sessions,
			  const struct fd_session *session);
gboolean fd_message_walk_next(struct fd_message_walk *walk, struct fd_message *message);

/* Words for reports: "handshake", "syn only", "mid-stream"; "fin by client", "rst by server",
 * "open"; and the odd bits one by one ("retransmits", "gap from client", ...), NULL for no bit. */
const char *fd_began_text(enum fd_began began);
const char *fd_ended_text(enum fd_ended ended, enum fd_way by);
const char *fd_odd_text(uint32_t bit);

/* "retransmits, gap from client"; empty when nothing is odd. The caller frees it. */
char *fd_odd_list(uint32_t odd);

#endif
