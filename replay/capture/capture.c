#include "replay/capture/capture.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/capture/decode.h"
#include "replay/capture/format.h"
#include "replay/capture/sorter.h"
#include "replay/capture/stream.h"

/* A file of the capture. */
struct source {
	char *name;
	struct fdar_stream *stream;
	struct fdar_format format;
	struct fdar_packet next; /* has_next: what it gives next */
	gboolean has_next;
	gboolean begun;
	gboolean failed; /* its first packet is damaged */
	uint64_t packets;
};

/* A filter for one link type. */
struct program {
	int link;
	struct bpf_program code;
};

struct fdar_capture {
	GPtrArray *sources;
	struct fdar_sorter *sorter;
	struct fdar_sorted current; /* what was given last: it holds a block */
	gboolean holding;
	gboolean ended;
	uint64_t packets;
	char *damage;
	char *filter;
	GArray *programs; /* struct program */
	GString *secrets;
};

static void source_free(gpointer data)
{
	struct source *source = data;

	fdar_format_clear(&source->format);
	fdar_stream_close(source->stream);
	g_free(source->name);
	g_free(source);
}

static void program_clear(gpointer data)
{
	pcap_freecode(&((struct program *)data)->code);
}

static void fail_to_open(const struct source *source, const char *reason, GError **error)
{
	const char *damage = fdar_stream_damage(source->stream);
	size_t got;

	fdar_stream_peek(source->stream, 1, &got);
	if (damage)
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_DAMAGED, "%s: %s",
			    source->name, damage);
	else if (got == 0)
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_EMPTY,
			    "%s: is empty, a pcap or pcapng capture is expected", source->name);
	else
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT,
			    "%s: no capture: expected a pcap or pcapng header at offset 0, plain "
			    "or compressed with gzip or zstd (%s)",
			    source->name, reason);
}

static gboolean add_source(struct fdar_capture *capture, const char *path, GError **error)
{
	struct fdar_stream *stream = fdar_stream_open(path, error);
	struct source *source;
	const char *problem;

	if (!stream)
		return FALSE;
	source = g_new0(struct source, 1);
	source->name = g_strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	source->stream = stream;
	g_ptr_array_add(capture->sources, source);
	if (fdar_format_init(&source->format, stream, &problem))
		return TRUE;
	fail_to_open(source, problem, error);
	return FALSE;
}

/* The filter for a link type. NULL and error when libpcap cannot make it. */
static const struct bpf_program *program_for(struct fdar_capture *capture, int link, GError **error)
{
	struct program one = { .link = link };
	pcap_t *dead;
	int status;

	for (guint i = 0; i < capture->programs->len; i++) {
		struct program *program = &g_array_index(capture->programs, struct program, i);

		if (program->link == link)
			return &program->code;
	}
	dead = pcap_open_dead(link, (int)FDAR_FORMAT_PACKET_MAX);
	status = pcap_compile(dead, &one.code, capture->filter, 1, PCAP_NETMASK_UNKNOWN);
	if (status != 0)
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT,
			    "filter \"%s\": %s", capture->filter, pcap_geterr(dead));
	pcap_close(dead);
	if (status != 0)
		return NULL;
	g_array_append_val(capture->programs, one);
	return &g_array_index(capture->programs, struct program, capture->programs->len - 1).code;
}

/* Link types of which the filter gets the IP packet alone. In front of IP, LOOP has the family by the
 * number and in the byte order of the system that the capture is from, and libpcap asks for this one's;
 * of the others it has no filter, or knows one framing of several. */
static gboolean is_asked_as_ip(int link)
{
	return link == DLT_LOOP || link == DLT_PPP_SERIAL || link == DLT_FRELAY ||
	       link == DLT_NFLOG || link == DLT_PKTAP;
}

/* 1: the packet is wanted; 0: it is not; -1 and error. */
static int filter(struct fdar_capture *capture, const struct fdar_packet *packet, GError **error)
{
	struct pcap_pkthdr header = { .caplen = packet->captured, .len = packet->length };
	const struct bpf_program *program;
	gboolean as_ip = is_asked_as_ip(packet->link);
	struct fdar_decoded decoded;

	if (!capture->filter)
		return 1;
	program = program_for(capture, as_ip ? DLT_RAW : packet->link, error);
	if (!program)
		return -1;
	if (!as_ip)
		return pcap_offline_filter(program, &header, packet->bytes) != 0;
	fdar_decode(packet->link, packet, &decoded);
	if (!decoded.family)
		return 0;
	header.caplen -= decoded.outer_l3;
	header.len -= decoded.outer_l3;
	return pcap_offline_filter(program, &header, packet->bytes + decoded.outer_l3) != 0;
}

struct fdar_capture *fdar_capture_open_with(const char *path,
					    const struct fdar_capture_options *options,
					    GError **error)
{
	struct fdar_capture *capture = g_new0(struct fdar_capture, 1);
	const char *const *more = options ? options->more : NULL;
	gboolean fine;

	capture->sources = g_ptr_array_new_with_free_func(source_free);
	capture->sorter = fdar_sorter_new();
	capture->secrets = g_string_new(NULL);
	capture->filter = g_strdup(options ? options->filter : NULL);
	capture->programs = g_array_new(FALSE, FALSE, sizeof(struct program));
	g_array_set_clear_func(capture->programs, program_clear);
	fine = add_source(capture, path, error);
	for (; fine && more && *more; more++)
		fine = add_source(capture, *more, error);
	/* What is no filter at all is told before anything is read. */
	if (fine && capture->filter)
		fine = program_for(capture, DLT_EN10MB, error) != NULL;
	if (!fine) {
		fdar_capture_close(capture);
		return NULL;
	}
	return capture;
}

struct fdar_capture *fdar_capture_open(const char *path, GError **error)
{
	return fdar_capture_open_with(path, NULL, error);
}

/* Reading of a file is over, for a reason: it is cut short or damaged. */
static void set_damage(struct fdar_capture *capture, const struct source *source)
{
	const char *damage = fdar_stream_damage(source->stream);
	g_autofree char *text = g_strdup_printf("%s: damaged in packet %" G_GUINT64_FORMAT
						" at offset %" G_GUINT64_FORMAT "%s: %s",
						source->name, source->packets + 1,
						source->next.offset, damage ? " (unpacked)" : "",
						damage ? damage : source->format.problem);
	char *all = capture->damage ? g_strdup_printf("%s; %s", capture->damage, text)
				    : g_steal_pointer(&text);

	g_free(capture->damage);
	capture->damage = all;
}

/* Reads the file's next packet. FALSE and error when its first is damaged. */
static gboolean advance(struct fdar_capture *capture, struct source *source, GError **error)
{
	int status = fdar_format_read(&source->format, &source->next);

	if (source->format.secrets->len) {
		g_string_append(capture->secrets, source->format.secrets->str);
		g_string_truncate(source->format.secrets, 0);
	}
	source->begun = TRUE;
	source->has_next = status == 1;
	if (status < 0 || (status == 0 && fdar_stream_damage(source->stream)))
		set_damage(capture, source);
	else if (status == 0)
		return TRUE;
	source->failed = status < 1 && source->packets == 0;
	source->packets += status == 1;
	if (source->failed)
		g_set_error_literal(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_DAMAGED,
				    capture->damage);
	return !source->failed;
}

/* Numbers of interfaces of all files, one after the other: known when a file is begun. */
static uint32_t interface_of(const struct fdar_capture *capture, const struct source *source)
{
	uint32_t number = source->next.interface;

	for (guint i = 0; capture->sources->pdata[i] != source; i++) {
		const struct source *other = capture->sources->pdata[i];

		number += other->format.interfaces_before + other->format.interfaces->len;
	}
	return number;
}

/* The file whose next packet is the first in time; NULL at the end of all. FALSE and error. */
static gboolean choose(struct fdar_capture *capture, struct source **first, GError **error)
{
	*first = NULL;
	for (guint i = 0; i < capture->sources->len; i++) {
		struct source *source = capture->sources->pdata[i];

		if (source->failed)
			g_set_error_literal(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_DAMAGED,
					    capture->damage);
		if (source->failed || (!source->begun && !advance(capture, source, error)))
			return FALSE;
		if (source->has_next &&
		    (!*first || source->next.epoch_ns < (*first)->next.epoch_ns))
			*first = source;
	}
	return TRUE;
}

/* Moves a packet from the files to the sorter: 1; 0 at the end; -1 and error. */
static int move_one(struct fdar_capture *capture, GError **error)
{
	struct fdar_sorted one = { 0 };
	struct source *source;
	int wanted;

	if (!choose(capture, &source, error))
		return -1;
	if (!source)
		return 0;
	one.packet = source->next;
	one.packet.late = FALSE;
	one.packet.number = ++capture->packets;
	if (capture->sources->len > 1)
		one.packet.interface = interface_of(capture, source);
	wanted = filter(capture, &one.packet, error);
	if (wanted < 0)
		return -1;
	if (wanted) {
		one.stream = source->stream;
		one.block = fdar_stream_hold(source->stream);
		fdar_sorter_put(capture->sorter, &one);
	}
	return advance(capture, source, error) ? 1 : -1;
}

static void let_go(struct fdar_capture *capture)
{
	if (capture->holding)
		fdar_stream_let_go(capture->current.stream, capture->current.block);
	capture->holding = FALSE;
}

int fdar_capture_read(struct fdar_capture *capture, struct fdar_packet *packet, GError **error)
{
	int status = 1;

	let_go(capture);
	while (!fdar_sorter_take(capture->sorter, capture->ended, &capture->current)) {
		if (capture->ended)
			return 0;
		status = move_one(capture, error);
		if (status < 0)
			return -1;
		capture->ended = status == 0;
	}
	capture->holding = TRUE;
	*packet = capture->current.packet;
	return 1;
}

const char *fdar_capture_damage(const struct fdar_capture *capture)
{
	return capture->damage;
}

static const struct source *first_source(const struct fdar_capture *capture)
{
	return capture->sources->pdata[0];
}

int fdar_capture_link(const struct fdar_capture *capture)
{
	struct fdar_capture *own = (struct fdar_capture *)capture;
	struct source *source = own->sources->pdata[0];

	/* The first interface of a pcapng file stands before its first packet. */
	if (!source->begun)
		advance(own, source, NULL);
	return MAX(source->format.first_link, 0);
}

gboolean fdar_capture_microseconds(const struct fdar_capture *capture)
{
	for (guint i = 0; i < capture->sources->len; i++) {
		const struct source *source = capture->sources->pdata[i];

		if (source->format.pcapng || source->format.nanoseconds)
			return FALSE;
	}
	return TRUE;
}

uint64_t fdar_capture_late(const struct fdar_capture *capture)
{
	return fdar_sorter_late(capture->sorter);
}

const char *fdar_capture_secrets(const struct fdar_capture *capture)
{
	return capture->secrets->str;
}

const char *fdar_capture_name(const struct fdar_capture *capture)
{
	return first_source(capture)->name;
}

void fdar_capture_position(const struct fdar_capture *capture, uint64_t *read_bytes, uint64_t *size)
{
	gboolean known = TRUE;

	*read_bytes = *size = 0;
	for (guint i = 0; i < capture->sources->len; i++) {
		const struct source *source = capture->sources->pdata[i];
		uint64_t done, whole;

		fdar_stream_position(source->stream, &done, &whole);
		*read_bytes += done;
		*size += whole;
		known &= whole > 0;
	}
	if (!known)
		*size = 0;
}

void fdar_capture_close(struct fdar_capture *capture)
{
	if (!capture)
		return;
	let_go(capture);
	fdar_sorter_free(capture->sorter);
	g_ptr_array_unref(capture->sources);
	g_array_unref(capture->programs);
	g_string_free(capture->secrets, TRUE);
	g_free(capture->filter);
	g_free(capture->damage);
	g_free(capture);
}
