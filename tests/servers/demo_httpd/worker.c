#include "worker.h"

#include <sys/socket.h>

#include <flowdar/flowdar.h>

#include "request.h"
#include "response.h"

static void connection_serve(const struct site *site, struct connection *connection)
{
	struct request request;
	bool more = true;
	int status = 0;

	while (more && (status = request_read(&request, connection)) == 0) {
		FLOWDAR_REQUEST_BEGIN(connection, request.target);
		more = route_answer(site, &request, connection);
		FLOWDAR_REQUEST_END(connection, 0);
	}
	if (status > 0) {
		request.keep_alive = false;
		if (response_error(connection, &request, status))
			connection_drain(connection);
	}
}

/* Lets worker_stop() reach the connection; false when it came first. */
static bool connection_show(struct worker *worker, struct connection *connection)
{
	bool stopping;

	pthread_mutex_lock(&worker->mutex);
	worker->connection = connection;
	stopping = worker->stopping;
	pthread_mutex_unlock(&worker->mutex);
	return !stopping;
}

static void *worker_run(void *user)
{
	struct worker *worker = user;
	struct connection *connection;

	while ((connection = queue_take(worker->queue)) != NULL) {
		if (connection_show(worker, connection))
			connection_serve(worker->site, connection);
		connection_show(worker, NULL);
		connection_end(connection);
	}
	return NULL;
}

int worker_start(struct worker *worker, struct queue *queue, const struct site *site,
		 const char *name)
{
	int error;

	worker->queue = queue;
	worker->site = site;
	worker->connection = NULL;
	worker->stopping = false;
	pthread_mutex_init(&worker->mutex, NULL);
	error = pthread_create(&worker->thread, NULL, worker_run, worker);
	if (error == 0)
		pthread_setname_np(worker->thread, name);
	else
		pthread_mutex_destroy(&worker->mutex);
	return error;
}

void worker_stop(struct worker *worker)
{
	pthread_mutex_lock(&worker->mutex);
	worker->stopping = true;
	if (worker->connection)
		shutdown(worker->connection->fd, SHUT_RD);
	pthread_mutex_unlock(&worker->mutex);
	pthread_join(worker->thread, NULL);
	pthread_mutex_destroy(&worker->mutex);
}
