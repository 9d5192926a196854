#include "cli/replay/stepper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/kit/table.h"

#define LINE_BYTES 128
#define LOOK_BYTES \
	4096 /* of a line that does not end, until the flag that stops the run is looked at */
#define POLL_MS 200 /* between two looks at the flag that stops the run */

/* Where lines come from: what was read of the one at hand. */
struct mouth {
	int fd; /* -1: none (any more) */
	char text[LINE_BYTES];
	size_t length; /* of the line so far; no more than LINE_BYTES, which is too long */
};

enum { TERMINAL, PIPE, MOUTHS };

struct fdar_stepper {
	const struct fdar_order *order;
	const volatile int *stop;
	uint64_t until; /* so many steps may be done */
	char *made;     /* the pipe's path, when we made it */
	struct mouth mouths[MOUTHS];
	gboolean quit;
	gboolean told; /* the pause before the step at hand was */
};

static void fail(GError **error, const char *path, const char *what)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "--control %s: %s", path, what);
}

static gboolean open_control(struct fdar_stepper *stepper, const char *path, GError **error)
{
	struct stat status;

	if (mkfifo(path, 0600) == 0) {
		stepper->made = g_strdup(path);
	} else if (errno != EEXIST) {
		fail(error, path, g_strerror(errno));
		return FALSE;
	}
	/* Open for both: so it has no end when a writer leaves. */
	stepper->mouths[PIPE].fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (stepper->mouths[PIPE].fd < 0) {
		fail(error, path, g_strerror(errno));
		return FALSE;
	}
	if (fstat(stepper->mouths[PIPE].fd, &status) != 0 || !S_ISFIFO(status.st_mode) ||
	    status.st_uid != geteuid()) {
		fail(error, path, "it is there, and no named pipe of yours");
		return FALSE;
	}
	return TRUE;
}

struct fdar_stepper *fdar_stepper_new(const struct fdar_order *order, uint64_t until,
				      const char *control, const volatile int *stop, GError **error)
{
	struct fdar_stepper *stepper = g_new0(struct fdar_stepper, 1);

	stepper->order = order;
	stepper->until = until;
	stepper->stop = stop;
	stepper->mouths[TERMINAL].fd = STDIN_FILENO;
	stepper->mouths[PIPE].fd = -1;
	if (control && !open_control(stepper, control, error)) {
		fdar_stepper_free(stepper);
		return NULL;
	}
	return stepper;
}

void fdar_stepper_free(struct fdar_stepper *stepper)
{
	if (!stepper)
		return;
	if (stepper->mouths[PIPE].fd >= 0)
		close(stepper->mouths[PIPE].fd);
	if (stepper->made)
		unlink(stepper->made);
	g_free(stepper->made);
	g_free(stepper);
}

static void show_next(const struct fdar_stepper *stepper, uint64_t number,
		      const struct fdar_step *step)
{
	char text[FDAR_ORDER_LINE_MAX];

	fprintf(stderr, "next is step %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT ": %s\n", number,
		stepper->order->count, fdar_order_step_text(stepper->order, step, text));
}

static void show_help(void)
{
	fputs("Enter or s: one step; s N: N steps; u N: until N steps are done; c: to the end;\n"
	      "w: where it is; q: stop\n",
	      stderr);
}

/* A line of one or two words. */
static void obey(struct fdar_stepper *stepper, char *line, uint64_t number,
		 const struct fdar_step *step)
{
	char *rest = NULL;
	const char *word = strtok_r(line, " \t\r", &rest);
	const char *argument = strtok_r(NULL, " \t\r", &rest);
	guint64 count = 1;

	if (argument && !g_ascii_string_to_unsigned(argument, 10, 0, UINT32_MAX, &count, NULL)) {
		fprintf(stderr, "%s: expected a number of steps\n", argument);
		return;
	}
	if (!word || g_str_equal(word, "s") || g_str_equal(word, "step"))
		stepper->until = number - 1 + count;
	else if (argument && (g_str_equal(word, "u") || g_str_equal(word, "until")))
		stepper->until = count;
	else if (g_str_equal(word, "c") || g_str_equal(word, "go"))
		stepper->until = UINT64_MAX;
	else if (g_str_equal(word, "p") || g_str_equal(word, "pause"))
		stepper->until = number - 1;
	else if (g_str_equal(word, "q") || g_str_equal(word, "quit"))
		stepper->quit = TRUE;
	else if (g_str_equal(word, "w") || g_str_equal(word, "where"))
		show_next(stepper, number, step);
	else
		show_help();
}

/* A line that is damaged is none: its parts are not either. */
static gboolean is_whole(const struct mouth *mouth)
{
	return mouth->length < LINE_BYTES && !memchr(mouth->text, '\0', mouth->length);
}

/* Reads one line at most, so that what stands behind it waits for the next pause. */
static void read_mouth(struct fdar_stepper *stepper, struct mouth *mouth, uint64_t number,
		       const struct fdar_step *step)
{
	char byte = '\0';
	ssize_t n = 1;

	for (unsigned i = 0; i < LOOK_BYTES && byte != '\n'; i++) {
		n = read(mouth->fd, &byte, 1);
		if (n != 1)
			break;
		if (byte != '\n' && mouth->length < LINE_BYTES)
			mouth->text[mouth->length++] = byte;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (mouth->fd != STDIN_FILENO)
			close(mouth->fd);
		mouth->fd = -1;
		return;
	}
	if (byte != '\n')
		return;
	if (is_whole(mouth)) {
		mouth->text[mouth->length] = '\0';
		obey(stepper, mouth->text, number, step);
	} else {
		show_help();
	}
	mouth->length = 0;
}

/* Waits for a line as long as poll(2) is told to. */
static void listen_for(struct fdar_stepper *stepper, unsigned first, int wait_ms, uint64_t number,
		       const struct fdar_step *step)
{
	struct pollfd fds[MOUTHS] = { 0 };

	for (unsigned i = first; i < MOUTHS; i++)
		fds[i - first] = (struct pollfd){ .fd = stepper->mouths[i].fd, .events = POLLIN };
	if (poll(fds, MOUTHS - first, wait_ms) <= 0)
		return;
	for (unsigned i = first; i < MOUTHS; i++)
		if (fds[i - first].revents) {
			read_mouth(stepper, &stepper->mouths[i], number, step);
			return;
		}
}

gboolean fdar_stepper_before(struct fdar_stepper *stepper, uint64_t number,
			     const struct fdar_step *step)
{
	if (stepper->mouths[PIPE].fd >= 0)
		listen_for(stepper, PIPE, 0, number, step);
	if (number <= stepper->until && !stepper->quit)
		return TRUE;
	show_next(stepper, number, step);
	while (number > stepper->until && !stepper->quit && !*stepper->stop) {
		if (stepper->mouths[TERMINAL].fd < 0 && stepper->mouths[PIPE].fd < 0) {
			fputs("standard input has ended, so nobody can let it go on: stopped\n",
			      stderr);
			return FALSE;
		}
		listen_for(stepper, TERMINAL, POLL_MS, number, step);
	}
	return !stepper->quit && !*stepper->stop;
}

void fdar_stepper_after(struct fdar_stepper *stepper, const struct fdar_stepped *stepped)
{
	g_autofree char *took = NULL;
	g_autofree char *sent = NULL;
	g_autofree char *received = NULL;

	if (stepper->until == UINT64_MAX || stepped->number < stepper->until)
		return;
	took = fdar_format_duration((double)(stepped->end_ns - stepped->begin_ns));
	sent = fdar_format_bytes(stepped->sent_bytes);
	received = fdar_format_bytes(stepped->received_bytes);
	fprintf(stderr, "step %" G_GUINT64_FORMAT " %s in %s: %s out, %s in\n", stepped->number,
		fdar_step_end_text(stepped->end), took, sent, received);
}
