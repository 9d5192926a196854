/* Stale tokens: a server that answers only to the token it has just issued, and a capture with old ones. */
#include "tests/unit/kit/packets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "replay/play/driver.h"

#define MS     ((uint64_t)1000000)
#define CLIENT "10.0.0.1"
#define SERVER "10.0.0.2"
#define CLONES 20

/* ---- the capture: a greeting with a token, a request with it in two pieces, its answer, a close ---- */

struct scene {
	struct file_style style;
	GByteArray *file;
	uint64_t now_ns;
	uint32_t seq[2];
};

static void packet(struct scene *scene, gboolean from_server, unsigned flags, const char *payload)
{
	uint32_t *seq = &scene->seq[from_server], ack = scene->seq[!from_server];
	GByteArray *frame =
		from_server ? tcp_frame(SERVER, 80, CLIENT, 4000, *seq, ack, flags, payload)
			    : tcp_frame(CLIENT, 4000, SERVER, 80, *seq, ack, flags, payload);

	file_add(scene->file, &scene->style, scene->now_ns, frame);
	scene->now_ns += MS;
	*seq += payload ? (uint32_t)strlen(payload) : 0;
	*seq += flags & (SYN | FIN) ? 1 : 0;
}

static struct fdar_sessions *capture(void)
{
	struct scene scene = { .style = { .link = 1 }, .now_ns = 5000000 * MS };
	g_autoptr(GError) error = NULL;
	struct fdar_sessions *sessions;
	char *path;

	scene.file = file_new(&scene.style);
	packet(&scene, FALSE, SYN, NULL);
	packet(&scene, TRUE, SYN | ACK, NULL);
	packet(&scene, FALSE, ACK, NULL);
	packet(&scene, TRUE, PSH | ACK, "token=stale\n");
	packet(&scene, FALSE, ACK, "POST /?t=sta");
	packet(&scene, FALSE, PSH | ACK,
	       "le HTTP/1.1\r\nContent-Length: 20\r\n\r\ntoken=stale&user=joe");
	packet(&scene, TRUE, PSH | ACK, "fine\n");
	packet(&scene, FALSE, FIN | ACK, NULL);
	packet(&scene, TRUE, FIN | ACK, NULL);
	packet(&scene, FALSE, ACK, NULL);
	path = file_save(scene.file->data, scene.file->len);
	sessions = fdar_sessions_load(path, NULL, &error);
	g_assert_no_error(error);
	file_remove(path);
	g_byte_array_unref(scene.file);
	return sessions;
}

/* ---- the server ---- */

struct server {
	int fd;
	uint16_t port;
	GThread *thread;
	GHashTable *users; /* whom it has seen */
	unsigned good, bad;
};

/* The request is whole, by its own length, has the token twice and nothing stale. */
static gboolean is_good(struct server *server, const char *request, const char *token)
{
	const char *length = strstr(request, "Content-Length: "),
		   *body = strstr(request, "\r\n\r\n");
	g_autofree char *query = g_strdup_printf("?t=%s ", token);
	g_autofree char *form = g_strdup_printf("token=%s&user=", token);

	if (!length || !body || strlen(body + 4) != g_ascii_strtoull(length + 16, NULL, 10) ||
	    !strstr(request, query) || !g_str_has_prefix(body + 4, form))
		return FALSE;
	return g_hash_table_add(server->users, g_strdup(body + 4 + strlen(form)));
}

/* Tokens get longer and longer. */
static void serve_one(struct server *server, int fd)
{
	g_autofree char *token = g_strnfill(1 + server->good + server->bad, 'x');
	g_autofree char *greeting = g_strdup_printf("token=%s\n", token);
	char request[4096] = "";
	size_t got = 0;
	ssize_t n;

	send(fd, greeting, strlen(greeting), MSG_NOSIGNAL);
	while (got < sizeof(request) - 1 && !strstr(request, "user=") &&
	       (n = read(fd, request + got, sizeof(request) - 1 - got)) > 0)
		got += (size_t)n;
	if (is_good(server, request, token))
		server->good++;
	else
		server->bad++;
	send(fd, "fine\n", 5, MSG_NOSIGNAL);
	while (read(fd, request, sizeof(request)) > 0)
		;
}

static gpointer serve(gpointer data)
{
	struct server *server = data;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		serve_one(server, fd);
		close(fd);
	}
	return NULL;
}

static void server_start(struct server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);

	memset(server, 0, sizeof(*server));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(bind(server->fd, (struct sockaddr *)&address, length), ==, 0);
	g_assert_cmpint(getsockname(server->fd, (struct sockaddr *)&address, &length), ==, 0);
	g_assert_cmpint(listen(server->fd, 64), ==, 0);
	server->port = ntohs(address.sin_port);
	server->thread = g_thread_new("server", serve, server);
}

static void server_stop(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	g_thread_join(server->thread);
	close(server->fd);
	g_hash_table_unref(server->users);
}

/* ---- runs ---- */

/* Plays CLONES of the session one after the other, by these rules; NULL: as captured. */
static void play(struct server *server, const char *text, struct fdar_edit_counts *counts)
{
	static const volatile int never = 0;
	g_autoptr(GError) error = NULL;
	g_autofree char *target = g_strdup_printf("127.0.0.1:%u", server->port);
	struct fdar_sessions *sessions = capture();
	struct fdar_scripts *scripts = fdar_scripts_new(sessions, FALSE);
	g_autoptr(fdar_edit_rules) rules =
		text ? fdar_edit_rules_parse(text, strlen(text), "rules", &error) : NULL;
	struct fdar_edit *edit = rules ? fdar_edit_new(rules, 1) : NULL;
	const struct fdar_plan_input input = { scripts, CLONES, 1 };
	const struct fdar_plan_options options = { .speed = 1, .asap = TRUE };
	struct fdar_plan *plan = fdar_plan_new(&input, 1, &options);
	struct fdar_routes routes = { 0 };
	struct fdar_driver *driver;
	struct fdar_driver_options driving = { .pace = { 1, TRUE, FDAR_PACE_ANSWER, 20 * MS,
							 2000 * MS },
					       .edit = edit,
					       .routes = &routes,
					       .inputs = 1,
					       .concurrency = 1 };

	g_assert_no_error(error);
	fdar_routes_add_target(&routes, target, &error);
	g_assert_no_error(error);
	driver = fdar_driver_new(&driving, &error);
	g_assert_no_error(error);
	g_assert_cmpint(fdar_driver_run(driver, plan, &input, &never), ==, FDAR_REPLAY_DONE);
	if (edit)
		*counts = *fdar_edit_counts(edit);
	fdar_driver_free(driver);
	fdar_plan_free(plan);
	fdar_routes_clear(&routes);
	fdar_edit_free(edit);
	fdar_scripts_free(scripts);
	fdar_sessions_free(sessions);
}

static void test_stale(void)
{
	struct fdar_edit_counts counts;
	struct server server;

	server_start(&server);
	play(&server, NULL, &counts);
	server_stop(&server);
	g_assert_cmpuint(server.good, ==, 0);
	g_assert_cmpuint(server.bad, ==, CLONES);
}

static void test_fresh(void)
{
	struct fdar_edit_counts counts;
	struct server server;

	server_start(&server);
	play(&server,
	     "[token]\nanswer=token=(\\w+)\n"
	     "[user]\nrequest=user=(\\w+)$\nvalue={value}{clone}\n",
	     &counts);
	server_stop(&server);
	/* Two tokens and a name each, whoever it is. */
	g_assert_cmpuint(server.good, ==, CLONES);
	g_assert_cmpuint(server.bad, ==, 0);
	g_assert_cmpuint(counts.replaced, ==, 3 * CLONES);
	g_assert_cmpuint(counts.messages, ==, CLONES);
	g_assert_cmpuint(counts.unknown + counts.refused + counts.unmatched, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rewriter/stale", test_stale);
	g_test_add_func("/rewriter/fresh", test_fresh);
	return g_test_run();
}
