#include "pipeline/source/source_index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/packed/packed.h"
#include "pipeline/recording/doubts.h"

#define FOLDER      "index"
#define SUFFIX      ".idx"
#define MAGIC       0xc1f1dcc1u
#define HEAD_BYTES  16u
#define ENTRY_LEAST 16u /* bytes: the two numbers that are looked at */
#define ENTRY_MOST  4096u

struct head {
	guint32 magic, major, minor, entry_bytes;
};

/* Where the last packet ends that the index has; 0: it has none, or is no index that we know. */
static guint64 find_end(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct head head = { 0 };
	guint64 last[2] = { 0 }, entries, entry_bytes = 0;
	struct stat st;
	gboolean known;

	if (fd < 0)
		return 0;
	known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		pread(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
		GUINT32_FROM_BE(head.magic) == MAGIC;
	if (known)
		entry_bytes = GUINT32_FROM_BE(head.entry_bytes);
	known = known && entry_bytes >= ENTRY_LEAST && entry_bytes <= ENTRY_MOST;
	entries = known ? ((guint64)st.st_size - HEAD_BYTES) / entry_bytes : 0;
	known = entries &&
		pread(fd, last, sizeof(last), (off_t)(HEAD_BYTES + (entries - 1) * entry_bytes)) ==
			(ssize_t)sizeof(last);
	close(fd);
	return known ? GUINT64_FROM_BE(last[0]) + GUINT64_FROM_BE(last[1]) / 8 : 0;
}

static void compare(const char *trace, const char *name, const char *index, GPtrArray *doubts)
{
	g_autofree char *path = g_build_filename(trace, name, NULL);
	g_autofree char *packed = g_strconcat(path, FDAR_PACKED_SUFFIX, NULL);
	guint64 end = find_end(index);
	struct stat st;

	if (lstat(path, &st) == 0) {
		if (S_ISREG(st.st_mode) && (guint64)st.st_size < end)
			fdar_doubts_add(doubts, FDAR_DOUBT_MISSING,
					g_strdup_printf("stream file %s ends before the last "
							"packet that its index has",
							name));
	} else if (errno == ENOENT && end && lstat(packed, &st) != 0) {
		fdar_doubts_add(doubts, FDAR_DOUBT_MISSING,
				g_strdup_printf("stream file %s is missing: its index is there",
						name));
	}
}

void fdar_source_compare_indexes(const GPtrArray *traces, GPtrArray *doubts)
{
	for (guint i = 0; i < traces->len; i++) {
		const char *trace = g_ptr_array_index(traces, i), *file;
		g_autofree char *folder = g_build_filename(trace, FOLDER, NULL);
		g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

		while (dir && (file = g_dir_read_name(dir))) {
			g_autofree char *index = g_build_filename(folder, file, NULL);
			g_autofree char *name = NULL;

			if (!g_str_has_suffix(file, SUFFIX))
				continue;
			name = g_strndup(file, strlen(file) - strlen(SUFFIX));
			compare(trace, name, index, doubts);
		}
	}
}
