/*
 * Compiled with -finstrument-functions: after() is called twice by the parent, once by the child.
 * On standard output: "parent PID ADDRESS" and "child PID ADDRESS", the address being after()'s.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void after(const char *who)
{
	printf("%s %d 0x%lX\n", who, getpid(), (unsigned long)(uintptr_t)(void *)(uintptr_t)after);
	fflush(stdout);
}

int main(void)
{
	pid_t pid;

	after("parent");
	pid = fork();
	if (pid == 0) {
		after("child");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	after("parent");
	return 0;
}
