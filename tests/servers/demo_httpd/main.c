/*
 * demo_httpd: a small HTTP/1.1 server to be looked at with flowdar.
 *
 * One thread accepts, a queue hands connections over, workers serve them, each to its end:
 *
 *	listener -> queue -> worker: request -> route -> match (or a file, or an echo) -> response
 *
 * Sessions, hand-offs and notes are written with flowdar.h; functions by the hooks of
 * -finstrument-functions. To build it alone, in this directory:
 *
 *	gcc -g -O1 -D_GNU_SOURCE -I ../../../instrument/include -finstrument-functions *.c
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"
#include "options.h"
#include "worker.h"

static int complain(const char *what, const char *which, const char *why)
{
	fprintf(stderr, "demo_httpd: %s %s: %s\n", what, which, why);
	return 1;
}

static int site_open(struct site *site, const struct options *options)
{
	const char *error;

	site->delay_ms = options->delay_ms;
	site->steps_max = options->steps_max;
	site->root_fd = -1;
	if (pattern_compile(&site->pattern, options->pattern, &error) < 0)
		return complain("pattern", options->pattern, error);
	if (options->root) {
		site->root_fd = open(options->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (site->root_fd < 0)
			return complain("root", options->root, strerror(errno));
	}
	return 0;
}

/* The threads inherit the mask, so the signals that end the server come to wait_for_end() alone. */
static void block_signals(sigset_t *ends)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(ends);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, ends, NULL);
}

static void wait_for_end(const sigset_t *ends)
{
	int number;

	sigwait(ends, &number);
}

static unsigned workers_start(struct worker *workers, unsigned count, struct queue *queue,
			      const struct site *site)
{
	unsigned started;

	for (started = 0; started < count; started++) {
		char name[24];
		int error;

		snprintf(name, sizeof(name), "worker-%u", started);
		error = worker_start(&workers[started], queue, site, name);
		if (error != 0) {
			complain("thread", name, strerror(error));
			break;
		}
	}
	return started;
}

static int serve(struct listener *listener, const struct site *site, const struct options *options,
		 const sigset_t *ends)
{
	struct worker *workers = calloc(options->threads, sizeof(*workers));
	struct queue queue;
	unsigned count;
	int error;

	if (!workers)
		return complain("threads", "", strerror(ENOMEM));
	queue_init(&queue);
	count = workers_start(workers, options->threads, &queue, site);
	error = count > 0 ? listener_start(listener, &queue, options->timeout_s) : EAGAIN;
	if (error == 0) {
		printf("demo_httpd: listening on %s:%u, %u threads\n", options->address,
		       listener->port, count);
		fflush(stdout);
		wait_for_end(ends);
		listener_stop(listener);
	} else {
		complain("thread", "acceptor", strerror(error));
		close(listener->fd);
	}
	queue_close(&queue);
	for (unsigned i = 0; i < count; i++)
		worker_stop(&workers[i]);
	queue_release(&queue);
	free(workers);
	return error != 0;
}

int main(int argc, char **argv)
{
	static struct site site;
	struct listener listener;
	struct options options;
	sigset_t ends;
	int result = options_parse(&options, argc, argv);
	int error;

	if (result != 0)
		return result == 1 ? 0 : result;
	if (site_open(&site, &options) != 0)
		return 1;
	block_signals(&ends);
	error = listener_open(&listener, options.address, options.port);
	if (error != 0)
		return complain("address", options.address, strerror(error));
	result = serve(&listener, &site, &options, &ends);
	if (site.root_fd >= 0)
		close(site.root_fd);
	return result;
}
