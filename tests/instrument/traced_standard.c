/*
 * A server that has closed 0 to 2 and puts each of its connections there, in a process of its own, as
 * those that inetd starts do: traced_standard CHILDREN MS.
 *
 * Each child puts one at all three, again and again for so long, and looks whether it is there a moment
 * later. Ends with 1, and says so on what was standard output, if it was not.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HIGH 40 /* nobody puts things there */

static int out, connection;
static ino_t inode;

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_there(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_ino == inode;
}

/* How often all three were put and found; -1: one was not. */
static int child(int index, long ms)
{
	struct timespec moment = { 0, 100000 };
	long until = now_ms() + ms;
	int rounds = 0;

	for (; now_ms() < until; rounds++) {
		for (int fd = 0; fd <= 2; fd++) {
			int put =
				rounds % 2 ? dup2(connection, fd) : dup3(connection, fd, O_CLOEXEC);

			if (put != fd)
				return -1;
		}
		nanosleep(&moment, NULL);
		for (int fd = 0; fd <= 2; fd++) {
			if (!is_there(fd)) {
				dprintf(out, "child %d, round %d: its connection is not at %d\n",
					index, rounds, fd);
				return -1;
			}
		}
		for (int fd = 0; fd <= 2; fd++)
			close(fd);
		/* Somebody else gets them now. */
		for (int i = rounds % 8; i > 0; i--)
			getppid();
	}
	return rounds;
}

static int high(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);

	if (moved < 0)
		abort();
	close(fd);
	return moved;
}

int main(int argc, char **argv)
{
	int ends[2], status, children = argc == 3 ? atoi(argv[1]) : 0, bad = 0;
	struct stat is;

	out = fcntl(1, F_DUPFD_CLOEXEC, HIGH);
	if (children < 1 || out < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return 2;
	connection = high(ends[0]);
	if (fstat(connection, &is) != 0)
		return 2;
	inode = is.st_ino;
	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	for (int i = 0; i < children; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(child(i, atol(argv[2])) > 0 ? 0 : 1);
		if (waitpid(pid, &status, 0) != pid || status != 0)
			bad++;
	}
	dprintf(out, "%d of %d\n", children - bad, children);
	return bad != 0;
}
