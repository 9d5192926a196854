/*
 * A window on a stream file: some of the bytes of one packet, in memory.
 *
 * Place in the house: inside pipeline/, under ctf_stream.h. The file is read, not mapped, so that
 * one that becomes shorter meanwhile is an error and not the end of the program; and memory does
 * not depend on how long it is.
 */
#ifndef FD_PIPELINE_CTF_WINDOW_H
#define FD_PIPELINE_CTF_WINDOW_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define FD_CTF_WINDOW_MAX  (16u << 20) /* bytes: no event may be longer */
#define FD_CTF_WINDOW_STEP 512u        /* bytes: windows start at a multiple in the packet */

struct fd_ctf_window {
	const char *path; /* borrowed */
	gboolean keep;    /* the file stays open between loads */
	int fd;           /* -1: not open */
	uint64_t start;   /* of the packet, in the file */
	uint64_t limit;   /* bytes of the file from start on */
	uint8_t *bytes;
	size_t usual;    /* bytes of a window, unless an event needs more */
	size_t capacity; /* of bytes */
	size_t length;   /* how many are there */
	uint64_t offset; /* of the first one, from start */
};

/* usual is a multiple of FD_CTF_WINDOW_STEP. Memory is taken by the first load. */
void fd_ctf_window_init(struct fd_ctf_window *window, size_t usual, gboolean keep);

/* Gives file and memory back; it may be used again after fd_ctf_window_open. */
void fd_ctf_window_close(struct fd_ctf_window *window);

/* Goes to the packet at start of a file of size bytes; start is at most size. Nothing is read. */
void fd_ctf_window_open(struct fd_ctf_window *window, const char *path, uint64_t start,
			uint64_t size);

/* Makes length bytes from position on (from the packet's start) be there, or as many as the file
 * has and FD_CTF_WINDOW_MAX allows. FALSE and error (FD_SOURCE_ERROR_DAMAGED) when the file cannot
 * be read or has become shorter; the message gives the byte. */
gboolean fd_ctf_window_load(struct fd_ctf_window *window, uint64_t position, size_t length,
			    GError **error);

#endif
