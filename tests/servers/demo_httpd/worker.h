/*
 * The worker threads: each takes a connection from the queue and serves it until it ends.
 */
#ifndef DEMO_WORKER_H
#define DEMO_WORKER_H

#include <pthread.h>
#include <stdbool.h>

#include "queue.h"
#include "route.h"

struct worker {
	pthread_t thread;
	struct queue *queue;
	const struct site *site;
	pthread_mutex_t mutex;         /* of the next two */
	struct connection *connection; /* being served, or NULL */
	bool stopping;
};

/* 0 or an errno value. The name, of at most 15 characters, is the thread's. */
int worker_start(struct worker *worker, struct queue *queue, const struct site *site,
		 const char *name);

/* Ends what the worker is serving, after the answer it is working on; the queue must be closed. */
void worker_stop(struct worker *worker);

#endif
