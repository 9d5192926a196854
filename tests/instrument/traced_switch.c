/*
 * For each line on standard input calls some macros, and tells how many arguments were evaluated.
 *
 * What runs before main() and after it is there to be survived: the preloaded libraries may not be
 * initialised yet, or not be any more.
 */
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <flowdar/flowdar.h>

static unsigned evaluated;

static const char *seen(const char *text)
{
	evaluated++;
	return text;
}

static void calls(void)
{
	struct timespec nothing = { 0, 0 };

	FLOWDAR_SCOPE(seen("scope"));
	FLOWDAR_SESSION_BEGIN(&nothing, seen("peer"), -1);
	FLOWDAR_HANDOFF_PUT(&nothing, seen("queue"));
	FLOWDAR_NOTE("key", seen("value"));
	FLOWDAR_BYTES("label", seen("data"), 4);
	FLOWDAR_SESSION_END(&nothing);
	nanosleep(&nothing, NULL);
	poll(NULL, 0, 0);
}

static void before_constructors(int argc, char **argv, char **environment)
{
	(void)argc;
	(void)argv;
	(void)environment;
	calls();
	evaluated = 0;
}
__attribute__((section(".preinit_array"),
	       used)) static void (*const preinit)(int, char **, char **) = before_constructors;

__attribute__((constructor(101))) static void before_main(void)
{
	calls();
	evaluated = 0;
}

__attribute__((destructor(101))) static void after_main(void)
{
	calls();
}

int main(void)
{
	char line[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		evaluated = 0;
		calls();
		printf("%u\n", evaluated);
	}
	return 0;
}
