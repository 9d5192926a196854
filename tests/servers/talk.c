/*
 * Clients of a server that say what they are told to, so that a test knows what each one did.
 *
 *	talk [-u] [-n CLIENTS] [-c AT-ONCE] [-p PERCENT] PORT USUAL [OTHER]
 *
 * Each client is a connection to 127.0.0.1:PORT, or with -u a socket of its own for datagrams, that goes
 * through the lines of a script: USUAL, or for PERCENT of the clients, evenly spread, OTHER.
 *
 *	> TEXT      sent; \r, \n, \0 and \xNN are what they are in C
 *	< TEXT      read until what has come since the last line ends with TEXT
 *	. MS        waits
 *
 * Printed is a line a client, as it ends: its port and "usual" or "other". Ends with 1 when a client was not
 * answered as its script has it, and says so.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { LINES_MAX = 256, ANSWER_MAX = 1 << 20, AT_ONCE_MAX = 64 };

struct line {
	char what;
	char *text;
	size_t length;
};

struct script {
	struct line lines[LINES_MAX];
	int count;
};

struct talk {
	struct script usual, other;
	int port, clients, percent;
	bool datagrams;
	pthread_mutex_t mutex; /* of what follows, and of what is printed */
	int next;
	bool failed;
	bool ports[65536]; /* that clients have had */
};

/* What a backslash stands for; *at is moved behind it. */
static char unescaped(const char **at)
{
	char digits[3] = "";

	switch (*++*at) {
	case 'r':
		++*at;
		return '\r';
	case 'n':
		++*at;
		return '\n';
	case '0':
		++*at;
		return '\0';
	case 'x':
		memcpy(digits, *at + 1, strnlen(*at + 1, 2));
		*at += 1 + strlen(digits);
		return (char)strtol(digits, NULL, 16);
	default:
		return *(*at)++;
	}
}

static bool script_read(struct script *script, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		return false;
	}
	while (getline(&text, &size, file) > 2 && script->count < LINES_MAX) {
		struct line *line = &script->lines[script->count++];
		const char *at = text + 2;

		line->what = text[0];
		line->text = malloc(strlen(text) + 1);
		while (line->text && *at && *at != '\n')
			line->text[line->length++] = *at == '\\' ? unescaped(&at) : *at++;
		if (line->text)
			line->text[line->length] = '\0'; /* for the number of "." */
	}
	free(text);
	fclose(file);
	return script->count > 0;
}

/* number: of the line, from 1 on. */
static void complain(struct talk *talk, int port, int number, const char *why)
{
	pthread_mutex_lock(&talk->mutex);
	fprintf(stderr, "talk: client %d: line %d of its script: %s\n", port, number, why);
	talk->failed = true;
	pthread_mutex_unlock(&talk->mutex);
}

/* Reads until the answer ends as it should; NULL, or why it did not. */
static const char *answer_read(int fd, char *answer, const struct line *line)
{
	size_t length = 0;

	do {
		ssize_t got =
			length < ANSWER_MAX ? recv(fd, answer + length, ANSWER_MAX - length, 0) : 0;

		if (got <= 0)
			return got < 0 ? strerror(errno) : "the connection was closed";
		length += (size_t)got;
	} while (length < line->length ||
		 memcmp(answer + length - line->length, line->text, line->length) != 0);
	return NULL;
}

static void client_talk(struct talk *talk, const struct script *script, int fd, int port)
{
	char *answer = malloc(ANSWER_MAX);

	for (int i = 0; answer && i < script->count; i++) {
		const struct line *line = &script->lines[i];
		const char *why = NULL;

		if (line->what == '>')
			why = send(fd, line->text, line->length, MSG_NOSIGNAL) ==
					      (ssize_t)line->length
				      ? NULL
				      : "not sent";
		else if (line->what == '<')
			why = answer_read(fd, answer, line);
		else
			usleep((useconds_t)atoi(line->text) * 1000);
		if (why) {
			complain(talk, port, i + 1, why);
			break;
		}
	}
	free(answer);
}

/* Of this client alone: the kernel gives a port that one has left to another, and who is who by their ports. One that
 * was had before is held until another is found. */
static bool take_port(struct talk *talk, int fd, int kind)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t length = sizeof(own);
	bool mine, taken;

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &length) < 0)
		return false;
	pthread_mutex_lock(&talk->mutex);
	mine = !talk->ports[ntohs(own.sin_port)];
	talk->ports[ntohs(own.sin_port)] = true;
	pthread_mutex_unlock(&talk->mutex);
	if (mine)
		return true;
	int other = socket(AF_INET, kind, 0);

	taken = take_port(talk, other, kind) && dup3(other, fd, O_CLOEXEC) == fd;
	if (other >= 0)
		close(other);
	return taken;
}

static void client_run(struct talk *talk, int number)
{
	/* As Bresenham has it: of every hundred as many as there should be, at even distances. */
	bool other = (number + 1) * talk->percent / 100 > number * talk->percent / 100;
	const struct script *script = other ? &talk->other : &talk->usual;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)talk->port) },
			   own;
	struct timeval patience = { .tv_sec = 120 };
	socklen_t length = sizeof(own);
	int kind = (talk->datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
	int fd = socket(AF_INET, kind, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!take_port(talk, fd, kind) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &length) < 0) {
		complain(talk, 0, 1, strerror(errno));
	} else {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		client_talk(talk, script, fd, ntohs(own.sin_port));
		pthread_mutex_lock(&talk->mutex);
		printf("%d %s\n", ntohs(own.sin_port), other ? "other" : "usual");
		pthread_mutex_unlock(&talk->mutex);
	}
	if (fd >= 0)
		close(fd);
}

static void *clients_run(void *data)
{
	struct talk *talk = data;

	for (;;) {
		int number;

		pthread_mutex_lock(&talk->mutex);
		number = talk->next++;
		pthread_mutex_unlock(&talk->mutex);
		if (number >= talk->clients)
			return NULL;
		client_run(talk, number);
	}
}

int main(int argc, char **argv)
{
	static struct talk talk = { .clients = 1, .mutex = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[AT_ONCE_MAX];
	int at_once = 1, option;

	while ((option = getopt(argc, argv, "un:c:p:")) != -1) {
		if (option == 'u')
			talk.datagrams = true;
		else if (option == 'n')
			talk.clients = atoi(optarg);
		else if (option == 'c')
			at_once = atoi(optarg);
		else if (option == 'p')
			talk.percent = atoi(optarg);
		else
			return 2;
	}
	if (argc - optind < 2 || at_once < 1 || at_once > AT_ONCE_MAX) {
		fprintf(stderr, "usage: talk [-u] [-n CLIENTS] [-c AT-ONCE] [-p PERCENT] PORT "
				"USUAL [OTHER]\n");
		return 2;
	}
	talk.port = atoi(argv[optind]);
	if (!script_read(&talk.usual, argv[optind + 1]) ||
	    !script_read(&talk.other, argv[argc - 1]))
		return 2;
	for (int i = 0; i < at_once; i++)
		if (pthread_create(&threads[i], NULL, clients_run, &talk) != 0)
			return 2;
	for (int i = 0; i < at_once; i++)
		pthread_join(threads[i], NULL);
	return talk.failed ? 1 : 0;
}
