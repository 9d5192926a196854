#include "pipeline/ctf/ctf_slice.h"

#define HEAD_WINDOW 4096u
#define STREAMS_MAX 32u /* that decide where the cuts are */

static gboolean can_be_cut(const struct fdar_ctf_stream *stream)
{
	const uint32_t both = 1u << FDAR_CTF_VALUE_BEGIN | 1u << FDAR_CTF_VALUE_END;

	return stream->time.freq && !stream->plan->ends_late &&
	       (stream->stream->values & both) == both;
}

static uint64_t bytes_of(const struct fdar_ctf_stream *stream)
{
	uint64_t bytes = 0;

	for (guint i = 0; i < stream->files->len; i++)
		bytes += g_array_index(stream->files, struct fdar_ctf_file, i).size;
	return bytes;
}

/* Goes from packet to packet of a stream. */
struct walk {
	const struct fdar_ctf_stream *stream;
	struct fdar_ctf_window window;
	struct fdar_ctf_frame frame;
	guint file;
	uint64_t at;       /* of the packet in hand, in the file */
	uint64_t bytes;    /* of that packet */
	uint64_t begin_ns; /* UINT64_MAX: there is none any more, or it is damaged */
};

/* The file in hand; NULL: there is none any more. */
static const struct fdar_ctf_file *file_of(struct walk *walk)
{
	const GArray *files = walk->stream->files;
	const struct fdar_ctf_file *file;

	for (; walk->file < files->len; walk->file++, walk->at = 0) {
		file = &g_array_index(files, struct fdar_ctf_file, walk->file);
		if (walk->at < file->size)
			return file;
	}
	return NULL;
}

/* FALSE when it is damaged. */
static gboolean look_at(struct walk *walk, const struct fdar_ctf_file *file)
{
	struct fdar_ctf_packet packet;

	if (!file->packed) {
		fdar_ctf_window_open(&walk->window, file->path, walk->at, file->size);
		if (!fdar_ctf_packet_read(walk->stream->plan, &walk->window, &walk->frame, &packet,
					  NULL))
			return FALSE;
		walk->bytes = packet.bytes;
		return TRUE;
	}
	if (!fdar_ctf_window_open_packed(&walk->window, file->path, walk->at, file->size, NULL))
		return FALSE;
	fdar_ctf_packet_from_note(walk->stream->plan, walk->stream->stream, &walk->window,
				  &walk->frame, &packet);
	walk->bytes = fdar_packed_step(&walk->window.note);
	return TRUE;
}

/* Reads the head of the packet at walk->at; that of a packed one is its note. */
static void look(struct walk *walk)
{
	const struct fdar_ctf_file *file;

	walk->begin_ns = UINT64_MAX;
	for (;;) {
		file = file_of(walk);
		if (!file || !look_at(walk, file))
			return;
		if (!file->packed || walk->window.note.packet_bytes)
			break;
		walk->at += walk->bytes;
	}
	walk->begin_ns =
		fdar_ctf_time_ns(&walk->stream->time, walk->frame.values[FDAR_CTF_VALUE_BEGIN]);
}

static struct walk *walk_new(const struct fdar_ctf_stream *stream)
{
	struct walk *walk = g_new0(struct walk, 1);

	walk->stream = stream;
	fdar_ctf_window_init(&walk->window, HEAD_WINDOW, TRUE);
	look(walk);
	return walk;
}

static void walk_free(void *data)
{
	struct walk *walk = data;

	fdar_ctf_window_close(&walk->window);
	g_free(walk);
}

static int compare_bytes(gconstpointer a, gconstpointer b)
{
	uint64_t left = bytes_of(*(const struct fdar_ctf_stream *const *)a);
	uint64_t right = bytes_of(*(const struct fdar_ctf_stream *const *)b);

	return left > right ? -1 : left < right;
}

/* The biggest streams. */
static GPtrArray *walks_new(const GPtrArray *streams, uint64_t *bytes)
{
	GPtrArray *walks = g_ptr_array_new_with_free_func(walk_free);
	g_autoptr(GPtrArray) sorted = g_ptr_array_copy((GPtrArray *)streams, NULL, NULL);

	*bytes = 0;
	g_ptr_array_set_free_func(sorted, NULL);
	g_ptr_array_sort(sorted, compare_bytes);
	for (guint i = 0; i < sorted->len && i < STREAMS_MAX; i++) {
		const struct fdar_ctf_stream *stream = g_ptr_array_index(sorted, i);

		*bytes += bytes_of(stream);
		g_ptr_array_add(walks, walk_new(stream));
	}
	return walks;
}

static struct walk *earliest(const GPtrArray *walks)
{
	struct walk *found = g_ptr_array_index(walks, 0);

	for (guint i = 1; i < walks->len; i++) {
		struct walk *walk = g_ptr_array_index(walks, i);

		if (walk->begin_ns < found->begin_ns)
			found = walk;
	}
	return found;
}

/* Goes on, in the order of their begin, to the first packet that has target bytes before it. */
static uint64_t find_cut(const GPtrArray *walks, uint64_t *passed, uint64_t target)
{
	for (;;) {
		struct walk *walk = earliest(walks);

		if (walk->begin_ns == UINT64_MAX || *passed >= target)
			return walk->begin_ns;
		*passed += walk->bytes;
		walk->at += walk->bytes;
		look(walk);
	}
}

/* The ends of the slice. */
static void find_span(const GPtrArray *streams, unsigned slice, unsigned slices, uint64_t *from_ns,
		      uint64_t *to_ns)
{
	uint64_t bytes, passed = 0, cut = 0;
	g_autoptr(GPtrArray) walks = walks_new(streams, &bytes);

	*from_ns = 0;
	*to_ns = UINT64_MAX;
	/* All cuts before are found too, so that they ascend for everybody alike. */
	for (unsigned i = 1; i <= slice + 1 && i < slices; i++) {
		uint64_t found = find_cut(walks, &passed, bytes / slices * i);

		cut = MAX(cut, MAX(found, 1));
		if (i == slice)
			*from_ns = cut;
		else if (i == slice + 1)
			*to_ns = cut;
	}
}

/* Whether packets of a file go back in time: what is before the cut and what behind it would depend on
 * who has read what. */
static gboolean goes_back(const struct fdar_ctf_stream *stream)
{
	struct walk *walk = walk_new(stream);
	guint file = walk->file;
	uint64_t last_ns = 0;
	gboolean back = FALSE;

	while (walk->begin_ns != UINT64_MAX && !back) {
		back = walk->file == file && walk->begin_ns < last_ns;
		file = walk->file;
		last_ns = walk->begin_ns;
		walk->at += walk->bytes;
		look(walk);
	}
	walk_free(walk);
	return back;
}

/* Whether all traces are of one home (home.h). Of several, processes are numbered in the order in which they
 * are met, which is another one in each slice. */
static gboolean is_one_home(const struct fdar_ctf_input *input)
{
	const struct fdar_ctf_plan *first = input->plans->len ? input->plans->pdata[0] : NULL;

	for (guint i = 1; i < input->plans->len; i++) {
		const struct fdar_ctf_plan *plan = g_ptr_array_index(input->plans, i);

		if (g_strcmp0(plan->host, first->host) != 0 || plan->session != first->session)
			return FALSE;
	}
	return TRUE;
}

void fdar_ctf_slice_cut(struct fdar_ctf_input *input, unsigned slice, unsigned slices)
{
	gboolean possible = input->streams->len > 0 && is_one_home(input);
	uint64_t from_ns, to_ns;

	for (guint i = 0; i < input->streams->len && possible; i++)
		possible = can_be_cut(g_ptr_array_index(input->streams, i)) &&
			   !goes_back(g_ptr_array_index(input->streams, i));
	if (!possible) {
		if (slice)
			g_ptr_array_set_size(input->streams, 0);
		return;
	}
	find_span(input->streams, slice, slices, &from_ns, &to_ns);
	for (guint i = 0; i < input->streams->len; i++) {
		struct fdar_ctf_stream *stream = g_ptr_array_index(input->streams, i);

		stream->sliced = TRUE;
		stream->from_ns = from_ns;
		stream->to_ns = to_ns;
	}
}
