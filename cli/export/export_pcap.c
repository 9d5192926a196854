#include "cli/export/export_said.h"
#include "cli/export/export_pcap.h"

#include <gio/gio.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "analyze/transfers/transfers.h"
#include "cli/kit/command.h"
#include "cli/kit/reading.h"
#include "cli/kit/table.h"
#include "replay/capture/conversation.h"

struct writing {
	struct fdar_pcap_writer *writer;
	uint16_t port;
	uint64_t last_ns;
};

static gboolean on_opened(void *user, struct fdar_transfer_session *session)
{
	struct writing *writing = user;
	struct fdar_conversation *conversation = g_new(struct fdar_conversation, 1);

	fdar_conversation_init(conversation, session->peer, session->id, writing->port,
			       session->datagrams);
	session->user = conversation;
	return fdar_conversation_open(conversation, writing->writer, session->begin_ns,
				      &writing->last_ns);
}

static gboolean on_moved(void *user, struct fdar_transfer_session *session,
			 const struct fdar_transfer *transfer)
{
	struct writing *writing = user;

	return fdar_conversation_say(session->user, writing->writer, transfer->time_ns,
				     transfer->read, transfer->data, transfer->data_len,
				     transfer->bytes, &writing->last_ns);
}

static gboolean on_closed(void *user, struct fdar_transfer_session *session)
{
	struct writing *writing = user;
	gboolean fine =
		!session->finished || fdar_conversation_close(session->user, writing->writer,
							      session->end_ns, &writing->last_ns);

	g_free(session->user);
	session->user = NULL;
	return fine;
}

static void report(const struct fdar_usage *usage, const char *output,
		   const struct fdar_transfers_summary *summary)
{
	g_autofree char *bytes = fdar_format_bytes(summary->bytes);
	g_autofree char *missing = fdar_format_bytes(summary->bytes - summary->captured);

	fdar_export_said(output, 0,
			 "%" G_GUINT64_FORMAT " sessions, %" G_GUINT64_FORMAT
			 " reads and writes, %s",
			 summary->sessions, summary->transfers, bytes);
	if (summary->captured < summary->bytes)
		fdar_warning(
			usage,
			"%s of these were not recorded, and are cut off in the capture: "
			"record --bytes 4096 has the first 4096 of each read and write, none of "
			"what sendfile and splice move",
			missing);
}

static gboolean read_into(const char *path, struct writing *writing, const volatile int *stop,
			  struct fdar_transfers_summary *summary, GPtrArray *warnings,
			  GError **error)
{
	static const struct fdar_transfer_visitor visitor = { on_opened, on_moved, on_closed };
	g_autofree char *what = g_strdup_printf("reading %s", path);
	struct fdar_reading reading = { .what = what, .stop = stop };
	gboolean fine = fdar_transfers_read(path, &visitor, writing, fdar_reading_events, &reading,
					    summary, warnings, error);

	fdar_reading_clear(&reading);
	if (fine && !summary->transfers) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: no reads and writes of sessions in the trace; expected a "
			    "recording made with --io --bytes N",
			    path);
		return FALSE;
	}
	/* Why the writer could not go on, it says when it is finished. */
	return fine || (error && !*error);
}

int fdar_export_pcap_write(const struct fdar_usage *usage, const char *path, const char *output,
			   uint16_t port, const volatile int *stop)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	struct fdar_transfers_summary summary = { 0 };
	struct writing writing = { .port = port };
	GError *error = NULL;
	gboolean fine, stopped;

	writing.writer = fdar_pcap_writer_new(output, DLT_RAW, TRUE, &error);
	fine = writing.writer && read_into(path, &writing, stop, &summary, warnings, &error) &&
	       fdar_pcap_writer_finish(writing.writer, &error);
	fdar_pcap_writer_free(writing.writer);
	for (guint i = 0; i < warnings->len; i++)
		fdar_warning(usage, "%s", (const char *)warnings->pdata[i]);
	if (fine) {
		report(usage, output, &summary);
		return FDAR_EXIT_OK;
	}
	stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	fdar_failure(usage, error);
	return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
}
