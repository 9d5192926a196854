/*
 * prctl(): where a server locks itself in, the threads that are recorded make no system call any more that
 * it does not make itself.
 *
 * Place in the house: in libflowdar.so, libflowdar-functions.so and libflowdar-io.so, in front of the C
 * library's function: which of them comes before libc depends on what is preloaded. A filter for system
 * calls asks for PR_SET_NO_NEW_PRIVS or root; libseccomp and the sandboxes of sshd and others set both that way.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "provider/processor.h"

typedef int (*prctl_fn)(int option, ...);

static prctl_fn next_prctl;

/* Constructors of others may come before ours. */
__attribute__((constructor)) static void next_find(void)
{
	next_prctl = (prctl_fn)dlsym(RTLD_NEXT, "prctl");
}

__attribute__((visibility("default"))) int prctl(int option, ...)
{
	unsigned long words[4];
	va_list list;

	va_start(list, option);
	for (unsigned i = 0; i < 4; i++)
		words[i] = va_arg(list, unsigned long);
	va_end(list);
	if (!next_prctl)
		next_find();
	if (option == PR_SET_SECCOMP || option == PR_SET_NO_NEW_PRIVS)
		flowdar_control_processor_end();
	return next_prctl(option, words[0], words[1], words[2], words[3]);
}
