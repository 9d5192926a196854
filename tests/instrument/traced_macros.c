/*
 * Writes every event of the header once or more, and on standard output what the trace should hold,
 * as lttng.sh's trace_stop gives it.
 *
 *	traced_macros PLUGIN      PLUGIN is a shared object that uses the header too
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <flowdar/flowdar.h>

__attribute__((format(printf, 1, 2))) static void expect(const char *format, ...)
{
	va_list arguments;

	printf("%d %d ", getpid(), getpid());
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void expect_begin(uint64_t key, const char *peer, int fd)
{
	expect("session_begin key = 0x%" PRIX64 ", peer = \"%s\", fd = %d", key, peer, fd);
}

static int function_with_scope(void)
{
	FLOWDAR_FUNCTION();
	expect("scope_enter name = \"function_with_scope\"");
	{
		FLOWDAR_SCOPE("block");
		expect("scope_enter name = \"block\"");
		expect("scope_exit name = \"block\"");
	}
	expect("scope_exit name = \"function_with_scope\"");
	return 3;
}

/* A TCP connection over loopback: the peer is asked of the descriptor. */
static void socket_sessions(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	char peer[64];
	int fd;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
	    connect(client, (struct sockaddr *)&address, length) < 0)
		abort();
	fd = accept(listener, (struct sockaddr *)&address, &length);
	snprintf(peer, sizeof(peer), "127.0.0.1:%d", ntohs(address.sin_port));
	FLOWDAR_SESSION_BEGIN(1, &address, fd);
	expect_begin(1, peer, fd);
	FLOWDAR_SESSION_BEGIN(2, NULL, fd);
	expect_begin(2, peer, fd);
	FLOWDAR_SESSION_BEGIN(3, "somebody", fd);
	expect_begin(3, "somebody", fd);
	close(fd);
	close(client);
	close(listener);
}

static void unix_sessions(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/as/given" };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		abort();
	/* accept() gives no path of a nameless client: the descriptor is asked. */
	FLOWDAR_SESSION_BEGIN(4, &address, pair[0]);
	expect_begin(4, "unix:", pair[0]);
	FLOWDAR_SESSION_BEGIN(5, &address, -1);
	expect_begin(5, "unix:/as/given", -1);
	close(pair[0]);
	close(pair[1]);
}

static void keys(void)
{
	FLOWDAR_SESSION_SUSPEND(UINT64_MAX);
	expect("session_suspend key = 0xFFFFFFFFFFFFFFFF");
	FLOWDAR_SESSION_RESUME(0);
	expect("session_resume key = 0x0");
	FLOWDAR_SESSION_END((void *)0x1234);
	expect("session_end key = 0x1234");
	FLOWDAR_HANDOFF_PUT(0x10, "requests");
	expect("handoff_put object = 0x10, queue = \"requests\"");
	FLOWDAR_HANDOFF_TAKE(0x10, NULL);
	expect("handoff_take object = 0x10, queue = \"\"");
}

/* Texts are cut at 256 bytes, not within a character: the 256th byte of this one is the second of
 * a two-byte character. */
static void long_texts(void)
{
	char text[1000];
	char cut[300] = "";

	memset(text, 'x', 255);
	for (size_t i = 255; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\303\244", 3);
	memcpy(cut, text, 255);
	FLOWDAR_NOTE("long", text);
	expect("note key = \"long\", value = \"%s\"", cut);
	memset(text, 'y', 256);
	text[256] = '\0';
	FLOWDAR_NOTE("just fits", text);
	expect("note key = \"just fits\", value = \"%s\"", text);
}

static void expect_bytes(uint64_t total, unsigned taken)
{
	printf("%d %d bytes label = \"l\", total = %" PRIu64 ", _data_length = %u, data = [",
	       getpid(), getpid(), total, taken);
	for (unsigned i = 0; i < taken; i++)
		printf("%s[%u] = 0x%X", i ? ", " : " ", i, i % 256);
	puts(taken ? " ]" : " ]");
}

static void buffers(void)
{
	unsigned char data[5000];

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)i;
	FLOWDAR_BYTES("l", data, 3);
	expect_bytes(3, 3);
	FLOWDAR_BYTES("l", data, sizeof(data));
	expect_bytes(sizeof(data), 256);
	FLOWDAR_BYTES("l", data, 0);
	expect_bytes(0, 0);
	FLOWDAR_BYTES("l", NULL, 9);
	expect_bytes(9, 0);
#undef FLOWDAR_BYTES_MAX
#define FLOWDAR_BYTES_MAX 100000
	FLOWDAR_BYTES("l", data, sizeof(data));
	expect_bytes(sizeof(data), 4096);
}

static void waits(void)
{
	FLOWDAR_WAIT_BEGIN("disk", FLOWDAR_WAIT_OTHER, -1);
	expect("wait_begin what = \"disk\", kind = 0, fd = -1");
	FLOWDAR_WAIT_BEGIN("lock", FLOWDAR_WAIT_LOCK, 7);
	expect("wait_begin what = \"lock\", kind = 5, fd = 7");
	errno = 99;
	FLOWDAR_WAIT_END(INT64_MIN);
	if (errno != 99)
		printf("errno was not kept\n");
	expect("wait_end result = %" PRId64, INT64_MIN);
	FLOWDAR_WAIT_END(-1);
	expect("wait_end result = -1");
	FLOWDAR_WAIT_BEGIN("unknown kind", 200, -1);
	expect("wait_begin what = \"unknown kind\", kind = 0, fd = -1");
	FLOWDAR_WAIT_END(0);
	expect("wait_end result = 0");
}

static void plugin_use(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void (*run)(void) = NULL;

	*(void **)&run = plugin ? dlsym(plugin, "plugin_run") : NULL;
	if (!run) {
		printf("%s\n", dlerror());
		return;
	}
	run();
	expect("note key = \"from\", value = \"plugin\"");
	dlclose(plugin);
}

/* The child's events carry its own process id. */
static void child(void)
{
	fflush(stdout);
	if (fork() == 0) {
		FLOWDAR_NOTE("from", "child");
		expect("note key = \"from\", value = \"child\"");
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	FLOWDAR_NOTE("from", "parent");
	expect("note key = \"from\", value = \"parent\"");
}

int main(int argc, char **argv)
{
	socket_sessions();
	unix_sessions();
	keys();
	function_with_scope();
	long_texts();
	buffers();
	waits();
	if (argc > 1)
		plugin_use(argv[1]);
	child();
	return 0;
}
