/*
 * The loop that replay should have: libuv, or epoll as replay uses it. Plays one keep-alive request
 * on some connections for some seconds and prints requests a CPU second. bench/replay.sh runs it.
 *
 *	replay_loop uv|epoll PORT CONNECTIONS SECONDS REQUEST ANSWER_BYTES
 *
 * A measurement, not a part of flowdar: it ends on any error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

static const char *request;
static size_t request_bytes;
static size_t answer_bytes;
static uint64_t done;
static char buffer[65536];

struct client {
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	int fd;
	size_t got;
};

static void check(int status, const char *what)
{
	if (status < 0) {
		fprintf(stderr, "replay_loop: %s failed\n", what);
		exit(1);
	}
}

static struct sockaddr_in address_of(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)atoi(port)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return address;
}

static int answered(struct client *client, size_t bytes)
{
	client->got += bytes;
	if (client->got < answer_bytes)
		return 0;
	client->got -= answer_bytes;
	done++;
	return 1;
}

/* --- epoll: edge-triggered, one registration, received then sent ------------------------------ */

static void epoll_send(struct client *client)
{
	check((int)send(client->fd, request, request_bytes, MSG_NOSIGNAL), "send");
}

static void epoll_turn(int epoll)
{
	struct epoll_event events[512];
	int count = epoll_wait(epoll, events, 512, 100);

	for (int i = 0; i < count; i++) {
		struct client *client = events[i].data.ptr;
		ssize_t n = recv(client->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			check(-1, "recv");
		if (n <= 0 || !answered(client, (size_t)n))
			events[i].data.ptr = NULL;
	}
	for (int i = 0; i < count; i++)
		if (events[i].data.ptr)
			epoll_send(events[i].data.ptr);
}

static void run_epoll(const char *port, unsigned connections, time_t seconds)
{
	struct sockaddr_in address = address_of(port);
	struct client *clients = calloc(connections, sizeof(*clients));
	int epoll = epoll_create1(0);
	time_t end = time(NULL) + seconds;
	int on = 1;

	for (unsigned i = 0; i < connections; i++) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
					     .data.ptr = &clients[i] };

		clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		check(connect(clients[i].fd, (struct sockaddr *)&address, sizeof(address)),
		      "connect");
		setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		check(epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event), "epoll_ctl");
		epoll_send(&clients[i]);
	}
	while (time(NULL) < end)
		epoll_turn(epoll);
}

/* --- libuv ----------------------------------------------------------------------------------- */

static void uv_written(uv_write_t *write, int status)
{
	(void)write;
	check(status, "uv_write");
}

static void uv_send(struct client *client)
{
	uv_buf_t text = uv_buf_init((char *)(uintptr_t)request, (unsigned)request_bytes);

	/* The cheapest way: at once when the socket takes it all. */
	if (uv_try_write((uv_stream_t *)&client->tcp, &text, 1) != (int)request_bytes)
		check(uv_write(&client->write, (uv_stream_t *)&client->tcp, &text, 1, uv_written),
		      "uv_write");
}

static void uv_give(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
	(void)handle;
	(void)wanted;
	*out = uv_buf_init(buffer, sizeof(buffer));
}

static void uv_got(uv_stream_t *stream, ssize_t n, const uv_buf_t *in)
{
	struct client *client = stream->data;

	(void)in;
	check((int)n, "uv_read");
	if (n > 0 && answered(client, (size_t)n))
		uv_send(client);
}

static void uv_connected(uv_connect_t *connect, int status)
{
	struct client *client = connect->data;

	check(status, "uv_connect");
	uv_tcp_nodelay(&client->tcp, 1);
	check(uv_read_start((uv_stream_t *)&client->tcp, uv_give, uv_got), "uv_read_start");
	uv_send(client);
}

static void uv_end(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void run_uv(const char *port, unsigned connections, time_t seconds)
{
	struct sockaddr_in address = address_of(port);
	struct client *clients = calloc(connections, sizeof(*clients));
	uv_loop_t *loop = uv_default_loop();
	uv_timer_t timer;

	for (unsigned i = 0; i < connections; i++) {
		check(uv_tcp_init(loop, &clients[i].tcp), "uv_tcp_init");
		clients[i].tcp.data = &clients[i];
		clients[i].connect.data = &clients[i];
		check(uv_tcp_connect(&clients[i].connect, &clients[i].tcp,
				     (struct sockaddr *)&address, uv_connected),
		      "uv_tcp_connect");
	}
	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, uv_end, (uint64_t)seconds * 1000, 0);
	uv_run(loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double cpu;

	if (argc != 7) {
		fputs("usage: replay_loop uv|epoll PORT CONNECTIONS SECONDS REQUEST ANSWER_BYTES\n",
		      stderr);
		return 2;
	}
	request = argv[5];
	request_bytes = strlen(request);
	answer_bytes = (size_t)atol(argv[6]);
	(strcmp(argv[1], "uv") == 0 ? run_uv : run_epoll)(argv[2], (unsigned)atoi(argv[3]),
							  atol(argv[4]));
	getrusage(RUSAGE_SELF, &usage);
	cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	printf("%.0f\n", (double)done / cpu);
	return 0;
}
