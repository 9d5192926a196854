/*
 * A server that forks for each connection, as proftpd, vsftpd, sshd and PostgreSQL do. traced_forker
 * CONNECTIONS [HOW,...]: how is "title" (the environment is overwritten with the title), "blocked" (signals
 * are, around fork), "exit" (children end by exit(), else by _exit()), "daemon" (it goes to
 * the background first).
 *
 * On standard output: "listening on PORT".
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void serve(int fd)
{
	char buffer[256];
	ssize_t length;

	while ((length = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(fd, buffer, (size_t)length) < 0)
			return;
}

/* As nginx, redis, proftpd and sendmail do for ps(1): the memory of arguments and environment. */
__attribute__((noinline)) static void title_set(char **argv, char **envp)
{
	char *end = argv[0];

	for (int i = 0; argv[i]; i++)
		if (argv[i] == end)
			end = argv[i] + strlen(argv[i]) + 1;
	/* What has been moved elsewhere does not stop one that wants all of it. */
	for (int i = 0; envp[i]; i++)
		if (envp[i] >= end && envp[i] < end + 4096)
			end = envp[i] + strlen(envp[i]) + 1;
	memset(argv[0], 0, (size_t)(end - argv[0]));
	memcpy(argv[0], "forker", 7);
}

__attribute__((noinline)) static void handle(int listener, const char *how)
{
	int fd = accept(listener, NULL, NULL);
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	if (strstr(how, "blocked"))
		sigprocmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (strstr(how, "blocked"))
		sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid == 0) {
		close(listener);
		serve(fd);
		if (strstr(how, "exit"))
			exit(0);
		_exit(0);
	}
	close(fd);
}

int main(int argc, char **argv, char **envp)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), count = argc > 1 ? atoi(argv[1]) : 1;
	char how[64] = "";

	if (argc > 2)
		strncpy(how, argv[2], sizeof(how) - 1);
	if (strstr(how, "title"))
		title_set(argv, envp);
	if (strstr(how, "daemon") && daemon(1, 1) != 0)
		return 1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
	    listen(listener, 8) != 0)
		return 1;
	printf("listening on %d\n", ntohs(address.sin_port));
	fflush(stdout);
	while (count-- > 0)
		handle(listener, how);
	while (wait(NULL) > 0)
		;
	return 0;
}
