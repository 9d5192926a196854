/* Feeding an assembler with a whole capture: part of assembler.h. */
#include <gio/gio.h>

#include "replay/capture/decode.h"
#include "replay/sessions/assembler.h"

#define PROGRESS_BYTES ((uint64_t)1024 * 1024)
#define PROGRESS_PACKETS \
	16u /* what is made of a packet may take long: one of TLS is tried with many numbers */

/* FALSE when the user said stop. */
static gboolean report(struct fdar_capture *capture, fdar_progress_fn progress, void *user,
		       uint64_t packets, uint64_t *reported, GError **error)
{
	uint64_t done, size;

	if (!progress)
		return TRUE;
	fdar_capture_position(capture, &done, &size);
	if (done - *reported < PROGRESS_BYTES && packets % PROGRESS_PACKETS)
		return TRUE;
	*reported = done;
	if (progress(done, size, user))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: reading was stopped",
		    fdar_capture_name(capture));
	return FALSE;
}

/* All there is is of link types that are not read. */
static gboolean fail_unread(const struct fdar_capture *capture,
			    const struct fdar_capture_totals *totals, GError **error)
{
	g_autoptr(GString) links = g_string_new(NULL);
	uint64_t more = totals->unread;

	for (unsigned i = 0; i < FDAR_UNREAD_LINKS && totals->unread_links[i].packets; i++) {
		const struct fdar_unread *unread = &totals->unread_links[i];

		g_string_append_printf(links, "%s%" G_GUINT64_FORMAT " of link type %d (%s)",
				       i ? ", " : "", unread->packets, unread->link,
				       fdar_decode_link_name(unread->link));
		more -= unread->packets;
	}
	if (more)
		g_string_append_printf(links, ", %" G_GUINT64_FORMAT " of others", more);
	g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT,
		    "%s: no packet that is read: %s; expected %s", fdar_capture_name(capture),
		    links->str, fdar_decode_check_link(totals->unread_links[0].link));
	return FALSE;
}

static gboolean fail_empty(const struct fdar_capture *capture,
			   const struct fdar_capture_totals *totals, GError **error)
{
	const char *damage = fdar_capture_damage(capture);
	char unread[64] = "";

	if (totals->unread && totals->unread == totals->packets)
		return fail_unread(capture, totals, error);
	if (totals->unread)
		g_snprintf(unread, sizeof(unread),
			   ", %" G_GUINT64_FORMAT " of link types that are not read",
			   totals->unread);
	g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_EMPTY,
		    "%s: no TCP or UDP packet in it (%" G_GUINT64_FORMAT
		    " packets: %" G_GUINT64_FORMAT " not IP, %" G_GUINT64_FORMAT
		    " of other protocols, %" G_GUINT64_FORMAT " malformed, %" G_GUINT64_FORMAT
		    " fragments without the rest%s)%s%s",
		    fdar_capture_name(capture), totals->packets, totals->not_ip,
		    totals->other_protocol, totals->malformed, totals->lone_fragments, unread,
		    damage ? "; " : "", damage ? damage : "");
	return FALSE;
}

gboolean fdar_assembler_read(struct fdar_assembler *assembler, struct fdar_capture *capture,
			     fdar_progress_fn progress, void *user, GError **error)
{
	struct fdar_packet packet;
	uint64_t reported = 0, packets = 0;
	gboolean fine = TRUE;
	int status = 1;

	while (fine && (status = fdar_capture_read(capture, &packet, error)) == 1) {
		fdar_assembler_feed(assembler, &packet);
		fine = report(capture, progress, user, ++packets, &reported, error);
	}
	fdar_assembler_finish(assembler);
	fdar_assembler_add_late(assembler, fdar_capture_late(capture));
	if (!fine || status < 0)
		return FALSE;
	if (fdar_assembler_sessions(assembler, NULL) == 0)
		return fail_empty(capture, fdar_assembler_totals(assembler), error);
	return TRUE;
}
