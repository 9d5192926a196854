#include "pipeline/elf/debuginfod.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libdebuginfod.so.1"

/* Of elfutils/debuginfod.h, whose library may be missing: libdw itself loads it when it is needed. */
typedef void *(*begin_fn)(void);
typedef int (*find_fn)(void *client, const unsigned char *build_id, int bytes, char **path);
typedef void (*end_fn)(void *client);

int fdar_debuginfod_find(const char *build_id)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	void *library, *client;
	begin_fn begin;
	find_fn find;
	end_fn end;
	int fd = -1;

	if (!urls || !*urls || !*build_id)
		return -1;
	library = dlopen(LIBRARY, RTLD_LAZY | RTLD_NODELETE);
	if (!library)
		return -1;
	*(void **)&begin = dlsym(library, "debuginfod_begin");
	*(void **)&find = dlsym(library, "debuginfod_find_debuginfo");
	*(void **)&end = dlsym(library, "debuginfod_end");
	client = begin && find && end ? begin() : NULL;
	if (client) {
		fd = find(client, (const unsigned char *)build_id, 0, NULL); /* 0: it is text */
		end(client);
	}
	dlclose(library);
	return fd < 0 ? -1 : fd;
}
