#include "replay/capture/pcap_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_write.h"
#include "base/target.h"
#include "replay/capture/capture.h"

/* Small enough to stay in a cache, large enough for one packet and for few calls. */
#define BUFFER_BYTES ((size_t)512 * 1024)
#define NS_PER_S     ((uint64_t)1000000000)

struct buffer {
	uint8_t *bytes;
	size_t used;
};

struct fdar_pcap_writer {
	char *path;
	struct fdar_target target;
	char *temporary; /* NULL for standard output, and once renamed */
	int fd;
	gboolean nanoseconds;
	uint64_t bytes;
	struct buffer *filling;
	struct buffer buffers[2];
	pthread_t thread;
	gboolean running;     /* the thread */
	pthread_mutex_t lock; /* of what is below */
	pthread_cond_t changed;
	struct buffer *full; /* what the thread is to write, or is writing */
	gboolean closing;
	int failed; /* errno of the first write that failed */
};

static void put_u32(uint8_t *bytes, uint32_t value)
{
	memcpy(bytes, &value, sizeof(value));
}

static void put_u16(uint8_t *bytes, uint16_t value)
{
	memcpy(bytes, &value, sizeof(value));
}

void fdar_pcap_put_header(uint8_t bytes[FDAR_PCAP_HEADER_BYTES], int link, gboolean nanoseconds)
{
	/* In files raw IP has a number of its own, the same on all systems. */
	uint32_t link_type = link == DLT_RAW ? 101 : (uint32_t)link;

	memset(bytes, 0, FDAR_PCAP_HEADER_BYTES);
	put_u32(bytes, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	put_u16(bytes + 4, 2);
	put_u16(bytes + 6, 4);
	put_u32(bytes + 16, FDAR_PCAP_SNAPLEN);
	put_u32(bytes + 20, link_type);
}

void fdar_pcap_put_ether(uint8_t bytes[FDAR_PCAP_ETHER_BYTES], gboolean from_client, gboolean v6)
{
	static const uint8_t client[6] = { 2, 0, 0, 0, 0, 1 }, server[6] = { 2, 0, 0, 0, 0, 2 };

	memcpy(bytes, from_client ? server : client, 6);
	memcpy(bytes + 6, from_client ? client : server, 6);
	bytes[12] = v6 ? 0x86 : 0x08;
	bytes[13] = v6 ? 0xdd : 0x00;
}

void fdar_pcap_put_record(uint8_t bytes[FDAR_PCAP_RECORD_BYTES], uint64_t epoch_ns,
			  uint32_t captured, uint32_t length, gboolean nanoseconds)
{
	uint64_t seconds = epoch_ns / NS_PER_S;
	uint32_t rest = (uint32_t)(epoch_ns - seconds * NS_PER_S);

	put_u32(bytes, (uint32_t)MIN(seconds, UINT32_MAX));
	put_u32(bytes + 4, nanoseconds ? rest : rest / 1000);
	put_u32(bytes + 8, captured);
	put_u32(bytes + 12, length);
}

static void *write_buffers(void *data)
{
	struct fdar_pcap_writer *writer = data;

	pthread_mutex_lock(&writer->lock);
	for (;;) {
		while (!writer->full && !writer->closing)
			pthread_cond_wait(&writer->changed, &writer->lock);
		if (!writer->full)
			break;
		if (!writer->failed) {
			struct buffer *full = writer->full;
			int failed;

			pthread_mutex_unlock(&writer->lock);
			failed = fdar_file_write_all(writer->fd, full->bytes, full->used) ? 0
											  : errno;
			pthread_mutex_lock(&writer->lock);
			writer->failed = failed;
		}
		writer->full->used = 0;
		writer->full = NULL;
		pthread_cond_signal(&writer->changed);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* Gives the filled buffer to the thread, when that has written the other. FALSE after a failure. */
static gboolean hand_over(struct fdar_pcap_writer *writer)
{
	gboolean fine;

	pthread_mutex_lock(&writer->lock);
	while (writer->full)
		pthread_cond_wait(&writer->changed, &writer->lock);
	writer->full = writer->filling;
	fine = !writer->failed;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	writer->filling =
		writer->filling == &writer->buffers[0] ? &writer->buffers[1] : &writer->buffers[0];
	return fine;
}

/* -1 and error. */
static int open_output(struct fdar_pcap_writer *writer, GError **error)
{
	struct stat status;
	gboolean there;

	if (strcmp(writer->path, "-") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (!fdar_target_open(writer->path, FDAR_TARGET_FOLLOW, &writer->target, error))
		return -1;
	there = fdar_target_stat(&writer->target, &status);
	/* A device or pipe is written to; only a file can be replaced by another. */
	if (there && !S_ISREG(status.st_mode))
		return open(writer->target.path,
			    O_WRONLY | O_CLOEXEC | fdar_target_nofollow(&writer->target));
	writer->temporary = g_strdup_printf("%s.XXXXXX", writer->target.path);
	return g_mkstemp_full(writer->temporary, O_WRONLY | O_CLOEXEC,
			      fdar_target_mode(there ? &status : NULL));
}

static gboolean start(struct fdar_pcap_writer *writer, GError **error)
{
	g_autoptr(GError) cause = NULL;
	int failed;

	writer->fd = open_output(writer, &cause);
	failed = writer->fd < 0 ? errno
				: pthread_create(&writer->thread, NULL, write_buffers, writer);
	writer->running = writer->fd >= 0 && !failed;
	if (!writer->running)
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT,
			    "%s: cannot be written: %s", writer->path,
			    cause ? cause->message : g_strerror(failed));
	return writer->running;
}

struct fdar_pcap_writer *fdar_pcap_writer_new(const char *path, int link, gboolean nanoseconds,
					      GError **error)
{
	struct fdar_pcap_writer *writer = g_new0(struct fdar_pcap_writer, 1);

	writer->target.folder = -1;
	writer->path = g_strdup(path);
	writer->nanoseconds = nanoseconds;
	for (size_t i = 0; i < G_N_ELEMENTS(writer->buffers); i++)
		writer->buffers[i].bytes = g_malloc(BUFFER_BYTES);
	writer->filling = &writer->buffers[0];
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->changed, NULL);
	if (!start(writer, error)) {
		fdar_pcap_writer_free(writer);
		return NULL;
	}
	fdar_pcap_put_header(writer->filling->bytes, link, nanoseconds);
	writer->filling->used = writer->bytes = FDAR_PCAP_HEADER_BYTES;
	return writer;
}

uint8_t *fdar_pcap_writer_reserve(struct fdar_pcap_writer *writer, uint64_t epoch_ns,
				  uint32_t captured, uint32_t length)
{
	size_t size = FDAR_PCAP_RECORD_BYTES + (size_t)captured;
	uint8_t *at;

	if (size > BUFFER_BYTES - writer->filling->used && !hand_over(writer))
		return NULL;
	at = writer->filling->bytes + writer->filling->used;
	fdar_pcap_put_record(at, epoch_ns, captured, length, writer->nanoseconds);
	writer->filling->used += size;
	writer->bytes += size;
	return at + FDAR_PCAP_RECORD_BYTES;
}

static void stop(struct fdar_pcap_writer *writer)
{
	if (!writer->running)
		return;
	hand_over(writer);
	pthread_mutex_lock(&writer->lock);
	writer->closing = TRUE;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	writer->running = FALSE;
}

gboolean fdar_pcap_writer_finish(struct fdar_pcap_writer *writer, GError **error)
{
	stop(writer);
	if (!writer->failed && close(writer->fd) != 0)
		writer->failed = errno;
	else if (writer->failed)
		close(writer->fd);
	writer->fd = -1;
	if (!writer->failed && writer->temporary &&
	    rename(writer->temporary, writer->target.path) != 0)
		writer->failed = errno;
	if (writer->failed) {
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT,
			    "%s: writing failed: %s", writer->path, g_strerror(writer->failed));
		return FALSE;
	}
	g_clear_pointer(&writer->temporary, g_free);
	return TRUE;
}

uint64_t fdar_pcap_writer_bytes(const struct fdar_pcap_writer *writer)
{
	return writer->bytes;
}

void fdar_pcap_writer_free(struct fdar_pcap_writer *writer)
{
	if (!writer)
		return;
	/* Given up: what is left need not be written. */
	if (writer->running)
		writer->filling->used = 0;
	stop(writer);
	if (writer->fd >= 0)
		close(writer->fd);
	if (writer->temporary)
		unlink(writer->temporary);
	for (size_t i = 0; i < G_N_ELEMENTS(writer->buffers); i++)
		g_free(writer->buffers[i].bytes);
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->changed);
	fdar_target_clear(&writer->target);
	g_free(writer->temporary);
	g_free(writer->path);
	g_free(writer);
}
