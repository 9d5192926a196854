/*
 * The listening socket, and the acceptor thread that puts its clients into the queue.
 */
#ifndef DEMO_LISTENER_H
#define DEMO_LISTENER_H

#include <pthread.h>
#include <stdint.h>

#include "queue.h"

struct listener {
	int fd;
	uint16_t port; /* the real one */
	unsigned timeout_s;
	struct queue *queue;
	pthread_t thread;
};

/* 0 or an errno value. */
int listener_open(struct listener *listener, const char *address, uint16_t port);

/* 0 or an errno value. Its clients may be silent for timeout_s. */
int listener_start(struct listener *listener, struct queue *queue, unsigned timeout_s);

/* Ends the thread and closes the socket. */
void listener_stop(struct listener *listener);

#endif
