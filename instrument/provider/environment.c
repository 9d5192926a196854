/*
 * libflowdar-environment.so: keeps what LTTng reads of the environment where no server overwrites it.
 *
 * Place in the house: libflowdar.so needs it, so it is in the process whenever that is. LTTng-UST
 * looks its settings and HOME up once, keeps pointers into the environment, and uses them again in forked
 * children: an ordinary user's session daemon listens below HOME. Servers that set their title for ps(1) (nginx, redis, ...) write over the memory that the
 * kernel put the environment into: then a child reads an empty LTTNG_UST_REGISTER_TIMEOUT, does not
 * wait until it is traced, and its first events are lost without being counted; or it looks for a session daemon where there is
 * none, and all of them are.
 *
 * So the values are copied before LTTng looks: the library is marked as the one to be initialised
 * first (DF_1_INITFIRST). libc itself is not initialised by then, and nothing of it is called.
 */
#include <stddef.h>

#define ROOM 4096u /* bytes for the copies; what does not fit stays where it is */

static char copies[ROOM];

static int begins(const char *setting, const char *prefix)
{
	while (*prefix && *prefix == *setting) {
		prefix++;
		setting++;
	}
	return *prefix == '\0';
}

static int is_lttngs(const char *setting)
{
	return begins(setting, "LTTNG_") || begins(setting, "HOME=");
}

static size_t bytes_of(const char *setting)
{
	size_t bytes = 1;

	while (setting[bytes - 1])
		bytes++;
	return bytes;
}

/* glibc gives constructors what main() gets. */
__attribute__((constructor)) static void keep(int argc, char **argv, char **environment)
{
	size_t used = 0;

	(void)argc;
	(void)argv;
	for (; environment && *environment; environment++) {
		char *copy = &copies[used];
		size_t bytes;

		if (!is_lttngs(*environment))
			continue;
		bytes = bytes_of(*environment);
		if (bytes > ROOM - used)
			continue;
		for (size_t i = 0; i < bytes; i++)
			copy[i] = (*environment)[i];
		*environment = copy;
		used += bytes;
	}
}
