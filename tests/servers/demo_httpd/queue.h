/*
 * Connections on their way from the acceptor to a worker: first in, first out, bounded.
 */
#ifndef DEMO_QUEUE_H
#define DEMO_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "connection.h"

#define QUEUE_LENGTH 256u

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t not_empty;
	struct connection *waiting[QUEUE_LENGTH];
	unsigned first, count;
	bool closed;
};

void queue_init(struct queue *queue);
void queue_release(struct queue *queue);

/* False, and the connection still the caller's, when the queue is full or closed. */
bool queue_put(struct queue *queue, struct connection *connection);

/* Waits for a connection; NULL when the queue is closed and empty. */
struct connection *queue_take(struct queue *queue);

/* Nothing more can be put; who waits is woken. */
void queue_close(struct queue *queue);

#endif
