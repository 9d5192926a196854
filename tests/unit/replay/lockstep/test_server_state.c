/* What is seen of a server: whether its threads wait, and what it has not read. The server is a child of the
 * test. */
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "replay/lockstep/ports.h"
#include "replay/lockstep/queues.h"
#include "replay/lockstep/threads.h"

/* A child that does as it is told by a byte: 'b' is busy until the next one, 't' makes a thread that waits,
 * 'f' a child of its own that is busy. */
struct child {
	pid_t pid;
	int tell;
};

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void do_as_told(int told)
{
	pthread_t thread;
	char byte = 0;

	while (read(told, &byte, 1) == 1) {
		if (byte == 't')
			pthread_create(&thread, NULL, wait_for_ever, NULL);
		if (byte == 'f' && fork() == 0)
			for (;;)
				;
		while (byte == 'b' && recv(told, &byte, 1, MSG_DONTWAIT) != 1)
			byte = 'b';
	}
	kill(0, SIGKILL);
}

static struct child begin(void)
{
	struct child child;
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	child.pid = fork();
	if (child.pid == 0) {
		setpgid(0, 0);
		close(pair[1]);
		do_as_told(pair[0]);
	}
	close(pair[0]);
	child.tell = pair[1];
	return child;
}

static void end(struct child *child)
{
	close(child->tell);
	kill(child->pid, SIGKILL);
	kill(-child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}

static void tell(const struct child *child, char what)
{
	g_assert_cmpint(write(child->tell, &what, 1), ==, 1);
}

/* Looks until that is so; 10 s at most. */
static void await(struct fdar_threads *watch, enum fdar_rest rest)
{
	for (unsigned i = 0; i < 10000; i++) {
		if (fdar_threads_look(watch) == rest)
			return;
		g_usleep(1000);
	}
	g_assert_cmpint(fdar_threads_look(watch), ==, rest);
}

static void never(struct fdar_threads *watch, enum fdar_rest rest)
{
	for (unsigned i = 0; i < 200; i++) {
		g_assert_cmpint(fdar_threads_look(watch), !=, rest);
		g_usleep(200);
	}
}

static void test_rest(void)
{
	struct child child = begin();
	struct fdar_threads *watch = fdar_threads_new(&child.pid, 1);

	g_assert_nonnull(watch);
	await(watch, FDAR_REST_WAITING);
	tell(&child, 'b');
	await(watch, FDAR_REST_BUSY);
	never(watch, FDAR_REST_WAITING);
	tell(&child, 'x');
	await(watch, FDAR_REST_WAITING);
	kill(child.pid, SIGSTOP);
	await(watch, FDAR_REST_STOPPED);
	kill(child.pid, SIGCONT);
	await(watch, FDAR_REST_WAITING);
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	await(watch, FDAR_REST_GONE);
	fdar_threads_free(watch);
	end(&child);
}

static void test_more_of_it(void)
{
	struct child child = begin();
	struct fdar_threads *watch = fdar_threads_new(&child.pid, 1);

	await(watch, FDAR_REST_WAITING);
	g_assert_cmpuint(fdar_threads_count(watch), ==, 1);
	tell(&child, 't');
	for (unsigned i = 0; i < 10000 && fdar_threads_count(watch) < 2; i++) {
		fdar_threads_look(watch);
		g_usleep(1000);
	}
	g_assert_cmpuint(fdar_threads_count(watch), ==, 2);
	await(watch, FDAR_REST_WAITING);
	/* One of two threads works: the server does. */
	tell(&child, 'b');
	await(watch, FDAR_REST_BUSY);
	never(watch, FDAR_REST_WAITING);
	tell(&child, 'x');
	tell(&child, 'f');
	await(watch, FDAR_REST_BUSY);
	g_usleep(50000);
	never(watch, FDAR_REST_WAITING);
	g_assert_cmpuint(fdar_threads_processes(watch), ==, 2);
	fdar_threads_free(watch);
	end(&child);
}

static void test_nobody(void)
{
	pid_t nobody = G_MAXINT;

	g_assert_null(fdar_threads_new(&nobody, 1));
}

struct sides {
	int listener;
	int client;
	struct fdar_endpoint here; /* the server's */
	struct fdar_endpoint there;
};

static void name_of(int fd, struct fdar_endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
	g_assert_true(fdar_endpoint_from_sockaddr((struct sockaddr *)&address, endpoint));
}

static void connect_sides(struct sides *sides)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_storage bound;
	socklen_t length = sizeof(address);

	sides->listener = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(bind(sides->listener, (struct sockaddr *)&address, length), ==, 0);
	g_assert_cmpint(listen(sides->listener, 4), ==, 0);
	name_of(sides->listener, &sides->here);
	sides->client = socket(AF_INET, SOCK_STREAM, 0);
	length = fdar_endpoint_to_sockaddr(&sides->here, &bound);
	g_assert_cmpint(connect(sides->client, (struct sockaddr *)&bound, length), ==, 0);
	name_of(sides->client, &sides->there);
}

static void test_queue(void)
{
	struct fdar_queues *queues = fdar_queues_new();
	struct fdar_queue queue;
	struct sides sides;
	uint32_t unacknowledged;
	char bytes[8];
	int accepted;

	if (!queues) {
		g_test_skip("this kernel has no sock_diag");
		return;
	}
	connect_sides(&sides);
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, TRUE, &queue));
	g_assert_false(queue.accepted);
	accepted = accept(sides.listener, NULL, NULL);
	g_assert_cmpint(write(sides.client, "abcde", 5), ==, 5);
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, TRUE, &queue));
	g_assert_true(queue.accepted);
	g_assert_cmpuint(queue.unread, ==, 5);
	g_assert_true(fdar_queues_own(sides.client, &unacknowledged));
	g_assert_cmpuint(queue.received, ==, fdar_queues_given(sides.client, unacknowledged));
	g_assert_cmpint(read(accepted, bytes, 2), ==, 2);
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, FALSE, &queue));
	g_assert_cmpuint(queue.unread, ==, 3);
	/* A FIN is one more, until it is read. */
	shutdown(sides.client, SHUT_WR);
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, FALSE, &queue));
	g_assert_cmpuint(queue.unread, ==, 4);
	g_assert_cmpint(read(accepted, bytes, sizeof(bytes)), ==, 3);
	g_assert_cmpint(read(accepted, bytes, sizeof(bytes)), ==, 0);
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, FALSE, &queue));
	g_assert_cmpuint(queue.unread, ==, 0);
	/* Reset: it is gone, and the listener is not taken for it. */
	setsockopt(accepted, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
		   sizeof(struct linger));
	close(accepted);
	g_assert_false(
		fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, FALSE, &queue));
	close(sides.client);
	close(sides.listener);
	fdar_queues_free(queues);
}

/* Accepted and closed at once: no program has it any more, and it had one. */
static void test_left(void)
{
	struct fdar_queues *queues = fdar_queues_new();
	struct fdar_queue queue;
	struct sides sides;

	if (!queues) {
		g_test_skip("this kernel has no sock_diag");
		return;
	}
	connect_sides(&sides);
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, FALSE, &queue));
	g_assert_false(queue.accepted || queue.left);
	/* A client that has gone while it was in the queue has not been accepted by that. */
	shutdown(sides.client, SHUT_WR);
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, FALSE, &queue));
	g_assert_false(queue.accepted || queue.left);
	close(sides.client);
	close(sides.listener);
	connect_sides(&sides);
	close(accept(sides.listener, NULL, NULL));
	g_assert_true(fdar_queues_look(queues, FDAR_TCP, &sides.here, &sides.there, FALSE, &queue));
	g_assert_false(queue.accepted);
	g_assert_true(queue.left);
	close(sides.client);
	close(sides.listener);
	fdar_queues_free(queues);
}

static void test_found(void)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	struct sides sides;
	struct child child;

	connect_sides(&sides);
	child = begin(); /* has the listener, too */
	fdar_threads_find(&sides.here, 1, pids);
	g_assert_cmpuint(pids->len, ==, 1);
	g_assert_cmpint(g_array_index(pids, pid_t, 0), ==, child.pid);
	end(&child);
	g_array_free(pids, TRUE);
	close(sides.client);
	close(sides.listener);
}

/* A client's port that a server listens on will not be left: there is no waiting for it. */
static void test_held(void)
{
	struct fdar_queues *queues = fdar_queues_new();
	struct fdar_session session = { .transport = FDAR_TCP };
	struct fdar_script script = { .session = &session };
	struct fdar_role role = { .start.script = &script };
	struct fdar_order order = { .roles = &role, .role_count = 1 };
	struct fdar_routes routes = { 0 };
	struct fdar_ports ports;
	struct sides sides;

	if (!queues) {
		g_test_skip("this kernel has no sock_diag");
		return;
	}
	connect_sides(&sides);
	g_assert_true(fdar_queues_listens(queues, &sides.here));
	g_assert_false(fdar_queues_listens(queues, &sides.there));
	g_assert_true(fdar_routes_add_target(&routes, "127.0.0.1:1", NULL));
	role.start.source = sides.here;
	ports = fdar_ports_look(queues, &order, &routes);
	g_assert_cmpuint(ports.held, ==, 1);
	g_assert_cmpuint(ports.taken + ports.waiting, ==, 0);
	g_assert_cmpuint(ports.first_held.port, ==, sides.here.port);
	/* A connection's may be left. */
	role.start.source = sides.there;
	ports = fdar_ports_look(queues, &order, &routes);
	g_assert_cmpuint(ports.taken, ==, 1);
	g_assert_cmpuint(ports.held + ports.waiting, ==, 0);
	close(sides.client);
	close(sides.listener);
	fdar_routes_clear(&routes);
	fdar_queues_free(queues);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/threads/rest", test_rest);
	g_test_add_func("/threads/more", test_more_of_it);
	g_test_add_func("/threads/nobody", test_nobody);
	g_test_add_func("/threads/found", test_found);
	g_test_add_func("/queues/one", test_queue);
	g_test_add_func("/queues/left", test_left);
	g_test_add_func("/ports/held", test_held);
	return g_test_run();
}
