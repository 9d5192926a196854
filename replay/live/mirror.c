#include "replay/live/mirror.h"

#include <pcap/pcap.h>
#include <string.h>
#include <time.h>

#include "replay/capture/decode.h"
#include "replay/sessions/assembler.h"
#include "replay/live/live.h"

#define SNAP_BYTES     262144
#define BUFFER_BYTES   (32 << 20)
#define GATHER_MS      2
#define PACKETS_A_TURN 512
/* How long the assembler remembers sessions: closed ones, for late packets; silent ones. */
#define FORGET_NS   ((uint64_t)2000000000)
#define TCP_IDLE_NS ((uint64_t)3600 * 1000000000)
#define UDP_IDLE_NS ((uint64_t)10 * 1000000000)

struct fdar_mirror {
	struct fdar_mirror_options options;
	char *interface;
	pcap_t *pcap;
	struct fdar_assembler *assembler;
	struct fdar_driver *driver;
	struct fdar_mirror_totals totals;
	uint64_t clients;
	char *damage;
	gboolean ending; /* the run is over: nothing is begun any more */
};

static gboolean set_error(GError **error, enum fdar_capture_error code, const char *interface,
			  const char *message)
{
	g_set_error(error, FDAR_CAPTURE_ERROR, (gint)code, "%s: %s", interface, message);
	return FALSE;
}

static gboolean activate(pcap_t *pcap, const char *interface, GError **error)
{
	int status;

	pcap_set_snaplen(pcap, SNAP_BYTES);
	pcap_set_buffer_size(pcap, BUFFER_BYTES);
	pcap_set_promisc(pcap, 0);
	/* The kernel gathers packets for so long before it wakes us. Not immediate mode: its ring has
	 * a slot of the snap length for each packet, and so room for a few hundred only. */
	pcap_set_timeout(pcap, GATHER_MS);
	status = pcap_activate(pcap);
	/* The second kind of cooked headers tells interfaces apart: "any" sees much twice. */
	if (status >= 0 && pcap_datalink(pcap) == DLT_LINUX_SLL)
		pcap_set_datalink(pcap, DLT_LINUX_SLL2);
	if (status >= 0)
		return TRUE;
	if (status == PCAP_ERROR_PERM_DENIED)
		return set_error(error, FDAR_CAPTURE_ERROR_MISSING, interface,
				 "no right to capture: be root, or give the program cap_net_raw");
	if (status == PCAP_ERROR_NO_SUCH_DEVICE)
		return set_error(error, FDAR_CAPTURE_ERROR_MISSING, interface,
				 "there is no such interface");
	return set_error(error, FDAR_CAPTURE_ERROR_MISSING, interface,
			 pcap_geterr(pcap)[0] ? pcap_geterr(pcap) : pcap_statustostr(status));
}

/* The kernel drops what is not to or from the port; fragments have none, except their first. Tags are
 * looked into on Ethernet only: libpcap knows them nowhere else. Where it cannot look into a link
 * layer at all nothing is dropped, and the assembler chooses. */
static gboolean set_filter(struct fdar_mirror *mirror, GError **error)
{
	unsigned port = mirror->options.from.port;
	g_autofree char *text =
		g_strdup_printf("port %u or (ip[6:2] & 0x1fff != 0) or ip6 proto 44", port);
	struct bpf_program program;
	int status;

	if (pcap_datalink(mirror->pcap) == DLT_EN10MB) {
		g_autofree char *plain = g_steal_pointer(&text);

		text = g_strdup_printf("%s or (vlan and port %u)", plain, port);
	}
	if (pcap_compile(mirror->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return TRUE;
	status = pcap_setfilter(mirror->pcap, &program);
	pcap_freecode(&program);
	return status == 0 || set_error(error, FDAR_CAPTURE_ERROR_MISSING, mirror->interface,
					pcap_geterr(mirror->pcap));
}

static void begin(struct fdar_mirror *mirror, struct fdar_live *live,
		  const struct fdar_session *session)
{
	fdar_live_begin(live, session, mirror->options.clones, mirror->clients);
	mirror->clients += mirror->options.clones;
}

static void opened(void *user, const struct fdar_session *session, void **data)
{
	struct fdar_mirror *mirror = user;
	struct fdar_live *live;

	if (mirror->ending)
		return;
	live = fdar_live_new(mirror->driver, session);
	*data = live;
	mirror->totals.sessions++;
	/* A connection that is made now is made there too. */
	if (session->transport == FDAR_TCP && session->began != FDAR_BEGAN_MID_STREAM)
		begin(mirror, live, session);
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	struct fdar_mirror *mirror = user;
	struct fdar_live *live = data;

	if (mirror->ending)
		return;
	if (!live->begun && session->began != FDAR_BEGAN_MID_STREAM)
		begin(mirror, live, session);
	if (!fdar_live_arrived(live, session, arrival))
		return;
	mirror->totals.joined++;
	begin(mirror, live, session);
	fdar_live_arrived(live, session, arrival);
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct fdar_mirror *mirror = user;
	struct fdar_live *live = data;

	if (!live)
		return;
	mirror->totals.unjoined += !live->begun;
	fdar_live_closed(live, session);
}

static gboolean make_assembler(struct fdar_mirror *mirror, GError **error)
{
	static const struct fdar_assembler_ops ops = { .opened = opened,
						       .arrived = arrived,
						       .closed = closed };
	struct fdar_assembler_options options = { .udp_idle_ns = UDP_IDLE_NS,
						  .forget_ns = FORGET_NS,
						  .tcp_idle_ns = TCP_IDLE_NS,
						  .eager = TRUE,
						  .server = mirror->options.from };

	int link = pcap_datalink(mirror->pcap);
	const char *expected = fdar_decode_check_link(link);

	if (expected) {
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT,
			    "%s: packets of link type %d are not read, expected %s",
			    mirror->interface, link, expected);
		return FALSE;
	}
	mirror->assembler = fdar_assembler_new(link, &options, &ops, mirror);
	return TRUE;
}

struct fdar_mirror *fdar_mirror_open(const struct fdar_mirror_options *options, GError **error)
{
	struct fdar_mirror *mirror = g_new0(struct fdar_mirror, 1);
	char message[PCAP_ERRBUF_SIZE] = "";

	mirror->options = *options;
	mirror->interface = g_strdup(options->interface);
	mirror->pcap = pcap_create(options->interface, message);
	if (!mirror->pcap)
		set_error(error, FDAR_CAPTURE_ERROR_MISSING, options->interface, message);
	else if (activate(mirror->pcap, options->interface, error) && set_filter(mirror, error) &&
		 make_assembler(mirror, error)) {
		if (pcap_setnonblock(mirror->pcap, 1, message) == 0)
			return mirror;
		set_error(error, FDAR_CAPTURE_ERROR_MISSING, options->interface, message);
	}
	fdar_mirror_free(mirror);
	return NULL;
}

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct fdar_mirror *mirror = (struct fdar_mirror *)(void *)user;
	struct fdar_packet packet = { .bytes = bytes,
				      .captured = header->caplen,
				      .length = MAX(header->len, header->caplen),
				      .number = ++mirror->totals.captured };

	packet.epoch_ns =
		(uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec * 1000u;
	fdar_assembler_feed(mirror->assembler, &packet);
}

/* The interface has something for us. */
static void on_readable(void *user)
{
	struct fdar_mirror *mirror = user;

	if (pcap_dispatch(mirror->pcap, PACKETS_A_TURN, on_packet, (u_char *)mirror) ==
		    PCAP_ERROR &&
	    !mirror->damage)
		mirror->damage =
			g_strdup_printf("%s: %s", mirror->interface, pcap_geterr(mirror->pcap));
}

gboolean fdar_mirror_attach(struct fdar_mirror *mirror, struct fdar_driver *driver, GError **error)
{
	mirror->driver = driver;
	return fdar_driver_watch(driver, pcap_get_selectable_fd(mirror->pcap), on_readable, mirror,
				 error);
}

void fdar_mirror_tick(struct fdar_mirror *mirror)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	fdar_assembler_tick(mirror->assembler,
			    (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

const char *fdar_mirror_damage(const struct fdar_mirror *mirror)
{
	return mirror->damage;
}

void fdar_mirror_totals(const struct fdar_mirror *mirror, struct fdar_mirror_totals *totals)
{
	struct pcap_stat stats;

	*totals = mirror->totals;
	totals->capture = *fdar_assembler_totals(mirror->assembler);
	if (pcap_stats(mirror->pcap, &stats) == 0)
		totals->lost = (uint64_t)stats.ps_drop + stats.ps_ifdrop;
}

void fdar_mirror_free(struct fdar_mirror *mirror)
{
	if (!mirror)
		return;
	mirror->ending = TRUE;
	if (mirror->assembler && mirror->driver)
		fdar_assembler_finish(mirror->assembler);
	fdar_assembler_free(mirror->assembler);
	if (mirror->pcap)
		pcap_close(mirror->pcap);
	g_free(mirror->damage);
	g_free(mirror->interface);
	g_free(mirror);
}
