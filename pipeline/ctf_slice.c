#include "pipeline/ctf_slice.h"

#define HEAD_WINDOW 4096u

static gboolean can_be_cut(const struct fd_ctf_stream *stream)
{
	const uint32_t both = 1u << FD_CTF_VALUE_BEGIN | 1u << FD_CTF_VALUE_END;

	return stream->plan->time.freq && !stream->plan->ends_late &&
	       (stream->stream->values & both) == both;
}

static uint64_t bytes_of(const struct fd_ctf_stream *stream)
{
	uint64_t bytes = 0;

	for (guint i = 0; i < stream->files->len; i++)
		bytes += g_array_index(stream->files, struct fd_ctf_file, i).size;
	return bytes;
}

static const struct fd_ctf_stream *biggest(const GPtrArray *streams)
{
	const struct fd_ctf_stream *found = NULL;

	for (guint i = 0; i < streams->len; i++) {
		const struct fd_ctf_stream *stream = g_ptr_array_index(streams, i);

		if (!found || bytes_of(stream) > bytes_of(found))
			found = stream;
	}
	return found;
}

/* Goes from packet to packet of a stream. */
struct walk {
	const struct fd_ctf_stream *stream;
	struct fd_ctf_window window;
	struct fd_ctf_frame frame;
	guint file;
	uint64_t at;     /* of the next packet, in the file */
	uint64_t passed; /* bytes of all files before it */
};

/* The begin of the first packet that has target bytes before it; UINT64_MAX when there is none, or
 * when it cannot be found for damage. */
static uint64_t find_cut(struct walk *walk, uint64_t target)
{
	const GArray *files = walk->stream->files;

	while (walk->file < files->len) {
		const struct fd_ctf_file *file =
			&g_array_index(files, struct fd_ctf_file, walk->file);
		struct fd_ctf_packet packet;

		if (walk->at >= file->size) {
			walk->file++;
			walk->at = 0;
			continue;
		}
		fd_ctf_window_open(&walk->window, file->path, walk->at, file->size);
		if (!fd_ctf_packet_read(walk->stream->plan, &walk->window, &walk->frame, &packet,
					NULL))
			return UINT64_MAX;
		if (walk->passed >= target)
			return fd_ctf_time_ns(&walk->stream->plan->time,
					      walk->frame.values[FD_CTF_VALUE_BEGIN]);
		walk->passed += packet.bytes;
		walk->at += packet.bytes;
	}
	return UINT64_MAX;
}

/* The ends of the slice. */
static void find_span(const struct fd_ctf_stream *stream, unsigned slice, unsigned slices,
		      uint64_t *from_ns, uint64_t *to_ns)
{
	g_autofree struct walk *walk = g_new0(struct walk, 1);
	uint64_t bytes = bytes_of(stream), cut = 0;

	walk->stream = stream;
	fd_ctf_window_init(&walk->window, HEAD_WINDOW, TRUE);
	*from_ns = 0;
	*to_ns = UINT64_MAX;
	/* All cuts before are found too, so that they ascend for everybody alike. */
	for (unsigned i = 1; i <= slice + 1 && i < slices; i++) {
		uint64_t found = find_cut(walk, bytes / slices * i);

		cut = MAX(cut, MAX(found, 1));
		if (i == slice)
			*from_ns = cut;
		else if (i == slice + 1)
			*to_ns = cut;
	}
	fd_ctf_window_close(&walk->window);
}

void fd_ctf_slice_cut(struct fd_ctf_input *input, unsigned slice, unsigned slices)
{
	gboolean possible = input->streams->len > 0;
	uint64_t from_ns, to_ns;

	for (guint i = 0; i < input->streams->len; i++)
		possible = possible && can_be_cut(g_ptr_array_index(input->streams, i));
	if (!possible) {
		if (slice)
			g_ptr_array_set_size(input->streams, 0);
		return;
	}
	find_span(biggest(input->streams), slice, slices, &from_ns, &to_ns);
	for (guint i = 0; i < input->streams->len; i++) {
		struct fd_ctf_stream *stream = g_ptr_array_index(input->streams, i);

		stream->from_ns = from_ns;
		stream->to_ns = to_ns;
	}
}
