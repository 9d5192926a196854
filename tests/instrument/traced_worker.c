/*
 * A worker that somebody has taken over. traced_worker HOW: a child of fork() (HOW is "fork") or of a raw clone()
 * ("clone") does what workers do, gives up its rights, and then writes 'A' wherever the control segment, and what is
 * beside it, is mapped in it. The parent goes on until its standard input ends.
 *
 * On standard output: "mapped N", how many such mappings the child had; "written N", how many of these it could write.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 5000

static volatile int done;

__attribute__((noinline)) static void serve(void)
{
	done++;
}

static char as[1 << 16];

/* Without a signal where it may not. */
static int write_over(unsigned long from, unsigned long to)
{
	struct iovec what = { as, to - from < sizeof(as) ? to - from : sizeof(as) };
	struct iovec where = { (void *)from, what.iov_len };

	mprotect((void *)from, to - from, PROT_READ | PROT_WRITE);
	return process_vm_writev(getpid(), &what, 1, &where, 1, 0) > 0;
}

__attribute__((no_instrument_function)) static void attack(const char *control)
{
	unsigned long from[64], to[64];
	int mapped = 0, written = 0;
	char line[8192];
	FILE *maps = fopen("/proc/self/maps", "re");

	while (maps && mapped < 64 && fgets(line, sizeof(line), maps))
		if (strstr(line, control) &&
		    sscanf(line, "%lx-%lx", &from[mapped], &to[mapped]) == 2)
			mapped++;
	if (maps)
		fclose(maps);
	memset(as, 'A', sizeof(as));
	for (int i = 0; i < mapped; i++)
		written += write_over(from[i], to[i]);
	printf("mapped %d\nwritten %d\n", mapped, written);
	fflush(stdout);
}

static pid_t child_make(const char *how)
{
	if (strcmp(how, "clone") == 0)
		return (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
	return fork();
}

int main(int argc, char **argv)
{
	const char *control = getenv("FLOWDAR_CONTROL");
	int status = 0;
	pid_t pid;
	char byte;

	if (argc != 2 || !control)
		return 2;
	for (int i = 0; i < CALLS; i++)
		serve();
	pid = child_make(argv[1]);
	if (pid == 0) {
		for (int i = 0; i < CALLS; i++)
			serve();
		if (getuid() == 0 &&
		    (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0))
			_exit(1);
		attack(control);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return 1;
	for (int i = 0; i < CALLS; i++)
		serve();
	printf("pid %d\n", getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
