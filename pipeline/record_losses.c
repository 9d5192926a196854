#include "pipeline/record_losses.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/ctf_metadata.h"
#include "pipeline/ctf_time.h"
#include "pipeline/ctf_trace.h"
#include "pipeline/packed_read.h"
#include "pipeline/trace_find.h"

static gboolean read_clock(const char *trace, struct fd_ctf_time *time)
{
	g_autoptr(GString) text = fd_ctf_metadata_read(trace, NULL);
	struct fd_ctf_trace *tree = text ? fd_ctf_trace_parse(text->str, text->len, NULL) : NULL;
	gboolean known = tree && tree->clocks->len > 0;

	if (known) {
		const struct fd_ctf_clock *clock = g_ptr_array_index(tree->clocks, 0);

		known = fd_ctf_time_init(time, clock->freq, clock->offset_s, clock->offset);
	}
	fd_ctf_trace_free(tree);
	return known;
}

static void add(GArray *losses, const char *stream, const struct fd_ctf_time *time, uint64_t begin,
		uint64_t end, uint64_t events)
{
	struct fd_recording_loss loss = { .stream = g_strdup(stream),
					  .begin_ns = fd_ctf_time_ns(time, begin),
					  .end_ns = fd_ctf_time_ns(time, MAX(begin, end)),
					  .events = events };

	g_array_append_val(losses, loss);
}

/* LTTng's counter stands in each packet and goes up: the difference was lost between the end of the
 * packet before and the end of this one. */
static void read_stream(int fd, uint64_t size, const char *stream, const struct fd_ctf_time *time,
			GArray *losses)
{
	struct fd_packed_entry entry;
	uint64_t at = 0, discarded = 0, end = 0;

	while (at < size && fd_packed_read_note(fd, at, size, &entry, NULL)) {
		uint64_t from = end ? end : entry.begin;

		if (entry.dropped)
			add(losses, stream, time, from,
			    entry.packet_bytes ? entry.begin : entry.end, entry.dropped);
		if (entry.packet_bytes && entry.discarded > discarded)
			add(losses, stream, time, from, entry.end, entry.discarded - discarded);
		if (entry.packet_bytes) {
			discarded = entry.discarded;
			end = entry.end;
		}
		at += fd_packed_step(&entry);
	}
}

static void read_trace(const char *trace, GArray *losses)
{
	g_autoptr(GDir) dir = g_dir_open(trace, 0, NULL);
	struct fd_ctf_time time;
	const char *name;

	if (!dir || !read_clock(trace, &time))
		return;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(trace, name, NULL);
		g_autofree char *stream = NULL;
		struct stat st;
		int fd;

		if (!fd_packed_is_name(name))
			continue;
		stream = fd_packed_plain_name(name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0)
			read_stream(fd, (uint64_t)st.st_size, stream, &time, losses);
		if (fd >= 0)
			close(fd);
	}
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct fd_recording_loss *left = a, *right = b;

	if (left->begin_ns != right->begin_ns)
		return left->begin_ns < right->begin_ns ? -1 : 1;
	return g_strcmp0(left->stream, right->stream);
}

GArray *fd_record_losses(const char *trace)
{
	g_autoptr(GArray) losses = fd_recording_losses_new();
	g_autoptr(GPtrArray) traces = fd_trace_find(trace, NULL);

	for (guint i = 0; traces && i < traces->len; i++)
		read_trace(g_ptr_array_index(traces, i), losses);
	if (!losses->len)
		return NULL;
	g_array_sort(losses, by_time);
	if (losses->len > FD_RECORDING_LOSSES_MAX)
		g_array_set_size(losses, FD_RECORDING_LOSSES_MAX);
	return g_steal_pointer(&losses);
}
