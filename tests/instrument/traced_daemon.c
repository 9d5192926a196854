/*
 * A server that loads plugins and goes to the background as daemons do: fork, setsid, fork; the first
 * process waits until the last one is ready. traced_daemon US PLUGIN...: so many microseconds after
 * the first fork comes the second; the helper thread is at its work then, or not.
 *
 * On standard output: the pid of the last one, which goes on for a moment and calls a plugin then.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLUGINS_MAX 64

typedef int (*plug_fn)(int number);

static plug_fn plugs[PLUGINS_MAX];
static int plugs_count;

__attribute__((noinline)) static void load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW);
	void *found = library ? dlsym(library, "plug") : NULL;

	if (!found || plugs_count == PLUGINS_MAX)
		abort();
	memcpy(&plugs[plugs_count++], &found, sizeof(found));
}

__attribute__((noinline)) static void ready(int fd)
{
	if (write(fd, "x", 1) != 1)
		abort();
}

__attribute__((noinline)) static void serve(void)
{
	int sum = 0;

	for (int i = 0; i < plugs_count; i++)
		sum += plugs[i](i);
	printf("%d\n", sum < 0 ? 0 : getpid());
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int pipe_fds[2];
	char byte;

	for (int i = 2; i < argc; i++)
		load(argv[i]);
	if (argc < 2 || pipe(pipe_fds) != 0)
		return 1;
	if (fork() != 0) {
		close(pipe_fds[1]);
		return read(pipe_fds[0], &byte, 1) != 1;
	}
	close(pipe_fds[0]);
	setsid();
	usleep((useconds_t)atoi(argv[1]));
	if (fork() != 0)
		_exit(0);
	serve();
	ready(pipe_fds[1]);
	return 0;
}
