#include "cli/replay/left_out.h"

#include "cli/kit/print.h"
#include "cli/kit/table.h"
#include "replay/capture/decode.h"

/* Which link types these were. */
static void print_links(FILE *out, const struct fdar_capture_totals *totals)
{
	for (unsigned i = 0; i < FDAR_UNREAD_LINKS && totals->unread_links[i].packets; i++) {
		const struct fdar_unread *unread = &totals->unread_links[i];
		g_autofree char *count = fdar_format_count(unread->packets);

		fdar_print_line_to(out, "    link type %d (%s): %s", unread->link,
				   fdar_decode_link_name(unread->link), count);
	}
}

void fdar_left_out_print(FILE *out, const struct fdar_capture_totals *totals, const char *label)
{
	struct fdar_left_out left[FDAR_LEFT_OUT_KINDS];
	g_autofree char *wireguard = fdar_format_count(totals->wireguard);
	g_autofree char *doubles = fdar_format_count(totals->doubles);

	fdar_capture_left_out(totals, left);
	for (size_t i = 0; i < FDAR_LEFT_OUT_KINDS; i++) {
		g_autofree char *count = fdar_format_count(left[i].packets);

		if (left[i].packets)
			fdar_print_line_to(out, "  packets left out%s%s, %s: %s",
					   label ? " of " : "", label ? label : "", left[i].text,
					   count);
	}
	print_links(out, totals);
	if (totals->wireguard)
		fdar_print_line_to(
			out,
			"  packets%s%s of WireGuard, which is encrypted: what is in them "
			"cannot be read: %s",
			label ? " in " : "", label ? label : "", wireguard);
	if (totals->doubles)
		fdar_print_line_to(out, "  packets seen twice%s%s, of which one copy counts: %s",
				   label ? " in " : "", label ? label : "", doubles);
	if (totals->views)
		fdar_print_line_to(out,
				   "  sessions%s%s that are another view of one, behind an address "
				   "translation: %u",
				   label ? " of " : "", label ? label : "", totals->views);
}
