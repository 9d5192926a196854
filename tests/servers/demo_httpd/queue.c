#include "queue.h"

#include <flowdar/flowdar.h>

#define QUEUE_NAME "connections"

void queue_init(struct queue *queue)
{
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_cond_init(&queue->not_empty, NULL);
	queue->first = 0;
	queue->count = 0;
	queue->closed = false;
}

void queue_release(struct queue *queue)
{
	pthread_cond_destroy(&queue->not_empty);
	pthread_mutex_destroy(&queue->mutex);
}

bool queue_put(struct queue *queue, struct connection *connection)
{
	bool fits;

	pthread_mutex_lock(&queue->mutex);
	fits = !queue->closed && queue->count < QUEUE_LENGTH;
	if (fits) {
		FLOWDAR_HANDOFF_PUT(connection, QUEUE_NAME);
		queue->waiting[(queue->first + queue->count) % QUEUE_LENGTH] = connection;
		queue->count++;
		pthread_cond_signal(&queue->not_empty);
	}
	pthread_mutex_unlock(&queue->mutex);
	return fits;
}

struct connection *queue_take(struct queue *queue)
{
	struct connection *connection = NULL;

	pthread_mutex_lock(&queue->mutex);
	while (queue->count == 0 && !queue->closed)
		pthread_cond_wait(&queue->not_empty, &queue->mutex);
	if (queue->count > 0) {
		connection = queue->waiting[queue->first];
		queue->first = (queue->first + 1) % QUEUE_LENGTH;
		queue->count--;
		FLOWDAR_HANDOFF_TAKE(connection, QUEUE_NAME);
	}
	pthread_mutex_unlock(&queue->mutex);
	return connection;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->closed = true;
	pthread_cond_broadcast(&queue->not_empty);
	pthread_mutex_unlock(&queue->mutex);
}
