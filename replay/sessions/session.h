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
 * their pages at any time; so is what is known of sessions that are open while loading (slots.h,
 * about 1.3 KiB each). Anonymous memory is sizeof(struct fdar_session) a session, 40 bytes for each
 * that is open, at most 64 MiB of segments that wait for a missing one, and 2 MiB of buffers; it does
 * not grow with packets or payload.
 */
#ifndef FDAR_REPLAY_SESSIONS_SESSION_H
#define FDAR_REPLAY_SESSIONS_SESSION_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/endpoint.h"

/* Which way bytes go; indexes fdar_session.way. */
enum fdar_way { FDAR_FROM_CLIENT = 0, FDAR_FROM_SERVER = 1 };

enum fdar_began {
	FDAR_BEGAN_HANDSHAKE,  /* SYN and SYN+ACK were seen */
	FDAR_BEGAN_SYN,        /* a SYN that nobody answered in the capture */
	FDAR_BEGAN_SYNACK,     /* SYN+ACK seen, the SYN is missing */
	FDAR_BEGAN_MID_STREAM, /* no handshake: the capture began later */
	FDAR_BEGAN_DATAGRAM,   /* UDP */
	FDAR_BEGAN_HALF_OPEN,  /* SYN and SYN+ACK, which the client never acknowledged */
	FDAR_BEGAN_KINDS
};

enum fdar_ended {
	FDAR_ENDED_OPEN,   /* still open when the capture ended */
	FDAR_ENDED_FIN,    /* both sides sent FIN; ended_by sent the first */
	FDAR_ENDED_HALF,   /* only ended_by sent FIN */
	FDAR_ENDED_RST,    /* ended_by reset it */
	FDAR_ENDED_REUSED, /* a new SYN took its ports while it was open */
	FDAR_ENDED_IDLE,   /* silent for longer than the idle time (UDP) */
	FDAR_ENDED_KINDS
};

/* What is odd about a session: bits of fdar_session.odd. */
enum fdar_odd {
	FDAR_ODD_FAST_OPEN = 1u << 0,      /* TCP Fast Open: data, or a cookie, in the SYN */
	FDAR_ODD_RETRANSMITS = 1u << 1,    /* bytes came more than once */
	FDAR_ODD_REORDERED = 1u << 2,      /* bytes came before earlier ones */
	FDAR_ODD_DIFFERS = 1u << 3,        /* copies of the same bytes differ: the first won */
	FDAR_ODD_GAP_CLIENT = 1u << 4,     /* bytes of the client are missing from the capture */
	FDAR_ODD_GAP_SERVER = 1u << 5,     /* bytes of the server are missing */
	FDAR_ODD_CUT = 1u << 6,            /* packets were cut by the capture's snap length */
	FDAR_ODD_WRAPPED = 1u << 7,        /* sequence numbers passed 2^32 */
	FDAR_ODD_FRAGMENTS = 1u << 8,      /* IP fragments */
	FDAR_ODD_CLOCK_BACK = 1u << 9,     /* time ran backwards between its packets */
	FDAR_ODD_STRAY_RST = 1u << 10,     /* a RST outside the window: not believed */
	FDAR_ODD_AFTER_END = 1u << 11,     /* payload after RST, or after the sender's own FIN */
	FDAR_ODD_OUT_OF_WINDOW = 1u << 12, /* payload more than 1 GiB ahead: not believed */
	FDAR_ODD_GUESSED_SIDES = 1u << 13, /* who serves is a guess, see sides.h */
	FDAR_ODD_NOT_ACKED = 1u << 14,     /* segments beyond the stream that nobody acknowledged */
	FDAR_ODD_STRAY_FIN = 1u << 15,     /* a FIN that both sides ignored */
	FDAR_ODD_DOUBLES = 1u << 16,       /* packets that were seen at more than one place */
	FDAR_ODD_URGENT = 1u << 17,        /* urgent data */
	FDAR_ODD_VIEW = 1u << 18, /* another session seen again, behind an address translation */
	FDAR_ODD_STRAY_SYN = 1u << 19, /* a SYN with another number that both sides ignored */
	FDAR_ODD_BITS = 20
};

enum fdar_piece_kind {
	FDAR_PIECE_DATA, /* length bytes at offset of the payload; for UDP one datagram, may be empty
			*/
	FDAR_PIECE_GAP,  /* length bytes that are not in the capture; offset means nothing */
	FDAR_PIECE_FIN, /* the sender is done sending (half-close unless the other did so before) */
	FDAR_PIECE_RST,
	FDAR_PIECE_TLS /* of a session that was decrypted: the client turns to TLS, behind what was said in plain */
};

struct fdar_piece {
	uint64_t time_ns; /* on the capture's time line (timeline.h); never less than the last's */
	uint64_t offset;  /* in the payload */
	uint64_t acked;   /* TCP: how many bytes of the other way, gaps included, the sender had
			   * acknowledged when it sent this: what it may have answered to */
	uint32_t length;  /* bytes; 0 for FIN, RST and TLS */
	uint8_t kind;     /* enum fdar_piece_kind */
	uint8_t way;      /* enum fdar_way: who sent it */
	uint8_t syn : 1;  /* DATA that came in the SYN (TCP Fast Open) */
	uint8_t urgent : 1; /* DATA whose last byte is urgent */
	uint8_t push;       /* the PSH flag was set: the sender's write ended here */
};

/* One way's totals. */
struct fdar_way_totals {
	uint64_t packets;   /* captured, retransmissions and bare ACKs included */
	uint64_t bytes;     /* payload in pieces */
	uint64_t gap_bytes; /* missing, as far as known */
	uint32_t messages;  /* runs of pieces that hold data, UDP: datagrams' runs likewise */
	uint32_t pieces;    /* DATA pieces */
};

struct fdar_session {
	uint32_t id;       /* its place among all sessions, from 0: see fdar_sessions_get */
	uint8_t transport; /* enum fdar_transport */
	uint8_t began;     /* enum fdar_began */
	uint8_t ended;     /* enum fdar_ended */
	uint8_t ended_by;  /* enum fdar_way, where ended says so */
	uint32_t odd;      /* bits of enum fdar_odd */
	struct fdar_endpoint client;
	struct fdar_endpoint server;
	uint32_t numbers[2]; /* private: initial sequence numbers; UDP: of its first datagram */
	uint32_t tls;        /* private: see fdar_sessions_tls */
	uint32_t view_of;    /* FDAR_ODD_VIEW: id of the session that it is another view of */
	uint8_t hops;        /* time to live of its first packet */
	uint8_t established; /* TCP: the handshake was finished, as far as is known */
	uint8_t first_way;   /* enum fdar_way: who sent its first packet */
	uint32_t doubles;    /* packets of it that were seen before: one copy counts */
	uint64_t packet;     /* number of its first packet in the capture */
	uint64_t epoch_ns;   /* captured time of its first packet */
	uint64_t start_ns;   /* time-line time of the first and the last packet */
	uint64_t end_ns;
	uint32_t synack_us; /* TCP: the first SYN+ACK, and when the client acknowledged it or is */
	uint32_t ack_us;    /* known to have, in us after start_ns; 0: not seen, or at once */
	struct fdar_way_totals way[2];
	uint64_t first_hold;  /* private: where its holds are, see fdar_sessions_holds */
	uint32_t holds;       /* how many it has */
	uint32_t window;      /* the largest that the client advertised, where it has any */
	uint64_t first_piece; /* private: where its pieces are, see fdar_sessions_pieces */
	uint64_t pieces;      /* how many pieces it has */
};

/* The client took no more (windows.h). */
struct fdar_hold {
	uint64_t offset; /* of the server's stream: so many bytes it had permitted until then */
	uint64_t pause_ns;
};

#define FDAR_UNREAD_LINKS 4u

/* What is known of a session that is TLS. */
struct fdar_session_tls {
	char *name;           /* the server's that the client asked for; empty for none. ASCII */
	char *alpn;           /* the protocol that was chosen, or offered first; empty for none */
	uint16_t version;     /* 0x0303 is TLS 1.2, 0x0304 TLS 1.3 */
	uint16_t suite;       /* 0: the server's choice was not seen */
	uint8_t alpn_offered; /* alpn is an offer: the choice is not known */
	uint8_t resumes;      /* the client offers to resume a session */
	uint8_t has_keys;     /* there are secrets for it */
	uint8_t decrypted;    /* its pieces are the plaintext */
	uint8_t later;        /* it began in plain (STARTTLS, CONNECT, PostgreSQL's SSLRequest) */
};

/* What was left out of the sessions, and why: nothing goes unaccounted for. */
struct fdar_capture_totals {
	uint64_t packets;        /* read */
	uint64_t in_sessions;    /* of these, part of a session (a fragment counts as one) */
	uint64_t not_ip;         /* ARP, LLDP, unknown ether types, ... */
	uint64_t other_protocol; /* IP, but neither TCP nor UDP: ICMP, GRE, ESP, ... */
	uint64_t malformed;      /* headers that contradict themselves or are cut */
	uint64_t lone_fragments; /* of datagrams that were never whole */
	uint64_t squeezed_ns;    /* silence taken out of the time line */
	uint64_t clock_back;     /* how often time ran backwards */
	uint64_t doubles;        /* of those in sessions: seen before, at another place */
	uint32_t views;          /* sessions that are another view of one, and not played */
	uint64_t wireguard;      /* of those in sessions: of WireGuard, see wireguard.h */
	uint64_t unread;         /* of link types that are not read */
	struct fdar_unread {     /* the first few of these types */
		int link;
		uint64_t packets;
	} unread_links[FDAR_UNREAD_LINKS];
};

/* Packets of one kind that are in no session, for whoever tells of them. */
struct fdar_left_out {
	const char *key;  /* for programs: "not_ip" */
	const char *text; /* behind "packets left out, ": "not IP" */
	uint64_t packets;
};

/* All kinds, always in this order; the packets of all add up to those that are in no session. */
#define FDAR_LEFT_OUT_KINDS 5
void fdar_capture_left_out(const struct fdar_capture_totals *totals,
			   struct fdar_left_out left[FDAR_LEFT_OUT_KINDS]);

/* Called every MiB or so, and every few packets, with how much of the capture was read; size is 0 when it is not known; then
 * with how much of its payload was looked at for TLS.
 * FALSE stops: the call that reads fails with CANCELLED of G_IO_ERROR. */
typedef gboolean (*fdar_progress_fn)(uint64_t read_bytes, uint64_t size_bytes, void *user);

struct fdar_tls_keys;

struct fdar_load_options {
	uint64_t
		max_gap_ns; /* silence kept at most; 0: the default, 5 s; FDAR_TIMELINE_KEEP: all */
	uint64_t udp_idle_ns;      /* a UDP flow silent for longer ends; 0: the default, 60 s */
	fdar_progress_fn progress; /* may be NULL */
	void *user;                /* of progress */
	struct fdar_capture_options capture; /* other files, a filter */
	const struct fdar_tls_keys
		*tls_keys;            /* secrets, beside those of the capture; may be NULL */
	const uint16_t *server_ports; /* ports that serve, ended by 0; may be NULL: see sides.h */
	gboolean windows;             /* holds are looked for; without it no session has any */
};

struct fdar_sessions;

/* Loads a capture ("-" is standard input). options may be NULL. The caller owns the result. NULL
 * and error (FDAR_CAPTURE_ERROR) when it cannot be read, or holds no TCP or UDP packet. A damaged
 * capture gives everything up to the damage: see fdar_sessions_damage. */
struct fdar_sessions *fdar_sessions_load(const char *path, const struct fdar_load_options *options,
					 GError **error);

/* In order of first packets, but that a SYN on ports which are in use is known for a session only
 * later; session->id is its index. Owned by sessions. */
size_t fdar_sessions_count(const struct fdar_sessions *sessions);
const struct fdar_session *fdar_sessions_get(const struct fdar_sessions *sessions, size_t index);

/* The pieces of a session: session->pieces of them, mapped from the spool; NULL when it has none.
 */
const struct fdar_piece *fdar_sessions_pieces(const struct fdar_sessions *sessions,
					      const struct fdar_session *session);

/* The holds of a session: session->holds of them, by offset, mapped from the spool; NULL when it has none. */
const struct fdar_hold *fdar_sessions_holds(const struct fdar_sessions *sessions,
					    const struct fdar_session *session);

/* The payload of a DATA piece: piece->length bytes, mapped from the spool. */
const uint8_t *fdar_sessions_payload(const struct fdar_sessions *sessions,
				     const struct fdar_piece *piece);

/* Whether any of the sessions is TLS that was decrypted. */
gboolean fdar_sessions_have_decrypted(const struct fdar_sessions *sessions);

/* NULL when the session is not TLS. */
const struct fdar_session_tls *fdar_sessions_tls(const struct fdar_sessions *sessions,
						 const struct fdar_session *session);

/* "TLS 1.3, example.org, h2". The caller frees it. */
char *fdar_session_tls_text(const struct fdar_session_tls *tls);

/* What was wrong with the file, one line naming it; NULL when it was whole. */
const char *fdar_sessions_damage(const struct fdar_sessions *sessions);

const struct fdar_capture_totals *fdar_sessions_totals(const struct fdar_sessions *sessions);

/* From the first to the last packet on the time line. */
uint64_t fdar_sessions_duration_ns(const struct fdar_sessions *sessions);

void fdar_sessions_free(struct fdar_sessions *sessions);
typedef struct fdar_sessions fdar_sessions;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_sessions, fdar_sessions_free)

/* Words for reports: "handshake", "syn only", "mid-stream"; "fin by client", "rst by server",
 * "open"; and the odd bits one by one ("retransmits", "gap from client", ...), NULL for no bit. */
const char *fdar_began_text(enum fdar_began began);
const char *fdar_ended_text(enum fdar_ended ended, enum fdar_way by);
const char *fdar_odd_text(uint32_t bit);

/* "retransmits, gap from client"; empty when nothing is odd. The caller frees it. */
char *fdar_odd_list(uint32_t odd);

#endif
