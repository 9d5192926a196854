/*
 * How processes end: by _exit(), exec and abort(), which no destructor sees.
 *
 * Place in the house: in each of the libraries (forked.c says why), in front of the C library's functions
 * of the same names: what threads have pending is written first, and that the process ends. They may
 * be called where hardly anything is allowed (a child of fork() or vfork()); so is this.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "instrument/wire/events.h"
#include "provider/control.h"

#define FRONT __attribute__((visibility("default")))

typedef int (*exec_fn)(const char *path, char *const argv[]);
typedef int (*exec_env_fn)(const char *path, char *const argv[], char *const envp[]);
typedef int (*fexec_fn)(int fd, char *const argv[], char *const envp[]);
typedef void (*abort_fn)(void);

static struct {
	exec_fn v, vp;
	exec_env_fn ve, vpe;
	fexec_fn f;
	abort_fn abort;
} next;

__attribute__((constructor)) static void next_find(void)
{
	next.v = (exec_fn)dlsym(RTLD_NEXT, "execv");
	next.vp = (exec_fn)dlsym(RTLD_NEXT, "execvp");
	next.ve = (exec_env_fn)dlsym(RTLD_NEXT, "execve");
	next.vpe = (exec_env_fn)dlsym(RTLD_NEXT, "execvpe");
	next.f = (fexec_fn)dlsym(RTLD_NEXT, "fexecve");
	next.abort = (abort_fn)dlsym(RTLD_NEXT, "abort");
}

/* What follows in case of success is another program. */
#define EXEC(function, ...)                                \
	do {                                               \
		int result_;                               \
                                                           \
		if (!next.function) {                      \
			errno = ENOSYS;                    \
			return -1;                         \
		}                                          \
		flowdar_control_ending(FDAR_PROCESS_EXEC); \
		result_ = next.function(__VA_ARGS__);      \
		flowdar_control_not_ending();              \
		return result_;                            \
	} while (0)

FRONT void _exit(int status)
{
	flowdar_control_ending(FDAR_PROCESS_AT_ONCE);
	for (;;)
		syscall(SYS_exit_group, status);
}

FRONT void _Exit(int status)
{
	_exit(status);
}

FRONT void abort(void)
{
	flowdar_control_ending(FDAR_PROCESS_ABORT);
	if (next.abort)
		next.abort();
	for (;;)
		syscall(SYS_exit_group, 127);
}

FRONT int execv(const char *path, char *const argv[])
{
	EXEC(v, path, argv);
}

FRONT int execvp(const char *file, char *const argv[])
{
	EXEC(vp, file, argv);
}

FRONT int execve(const char *path, char *const argv[], char *const envp[])
{
	EXEC(ve, path, argv, envp);
}

FRONT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	EXEC(vpe, file, argv, envp);
}

FRONT int fexecve(int fd, char *const argv[], char *const envp[])
{
	EXEC(f, fd, argv, envp);
}

/* The arguments that follow first, with the NULL that ends them; count: with first and the NULL. */
static size_t arguments_count(va_list list)
{
	size_t count = 2;

	while (va_arg(list, char *))
		count++;
	return count;
}

static void arguments_copy(va_list list, const char *first, char **argv, size_t count)
{
	argv[0] = (char *)(uintptr_t)first;
	for (size_t i = 1; i < count; i++)
		argv[i] = va_arg(list, char *);
}

/* argv of a variadic exec function, on the stack as the C library has it; list is left behind it. */
#define ARGUMENTS(first)                 \
	va_list list_;                   \
	size_t count_;                   \
	va_start(list_, first);          \
	count_ = arguments_count(list_); \
	va_end(list_);                   \
	char *argv[count_];              \
	va_start(list_, first);          \
	arguments_copy(list_, first, argv, count_)

FRONT int execl(const char *path, const char *first, ...)
{
	ARGUMENTS(first);
	va_end(list_);
	return execv(path, argv);
}

FRONT int execlp(const char *file, const char *first, ...)
{
	ARGUMENTS(first);
	va_end(list_);
	return execvp(file, argv);
}

FRONT int execle(const char *path, const char *first, ...)
{
	char *const *envp;

	ARGUMENTS(first);
	envp = va_arg(list_, char *const *);
	va_end(list_);
	return execve(path, argv, envp);
}
