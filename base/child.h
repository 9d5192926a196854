/*
 * A process that was forked to do what its parent does not dare to do itself: read what strangers wrote
 * with libraries that were made for good input.
 *
 * Place in the house: base; under bt/sandbox.c, elf/elf_reader.c and samples/unwinder.c, which say what
 * their children are for, and under whoever forks something that must not outlive it. All but what is between
 * the two is called in the child, right behind fork(), and uses nothing that another thread may have held then.
 */
#ifndef FDAR_BASE_CHILD_H
#define FDAR_BASE_CHILD_H

#include <glib.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define FDAR_CHILD_FIRST   3 /* the number of the first descriptor that is kept */
#define FDAR_CHILD_FDS_MAX 4u

/* AddressSanitizer's own memory is more than any limit; gcc and clang say so in different words. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FDAR_CHILD_SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FDAR_CHILD_SHADOWED 1
#endif
#endif
#ifndef FDAR_CHILD_SHADOWED
#define FDAR_CHILD_SHADOWED 0
#endif

/* What it may use, at most; 0: as much as its parent. */
struct fdar_child_limits {
	uint64_t address_bytes; /* of addresses */
	uint64_t data_bytes;    /* of memory that it writes to */
	uint64_t cpu_s;         /* in all its life */
	gboolean writes;        /* files: FALSE, to none */
};

/* Keeps these descriptors, as FDAR_CHILD_FIRST and on, in this order; 0, 1 and 2 lead nowhere, and nothing
 * else is open. FALSE: it could not. */
gboolean fdar_child_keep(const int *fds, guint count);

/* Signals are the parent's to answer: those that a terminal or a stop sends to all of us are ignored, the
 * others are as they are by default, and none is blocked. */
void fdar_child_ignore_stops(void);

/* Sets the limits (none with a sanitizer's memory), and allows no core file. Where the parent's are lower, these
 * stay. */
void fdar_child_limit(const struct fdar_child_limits *limits);

/* When memory is short the kernel ends it before all others (oom_score_adj). Behind fdar_child_drop_rights() it may
 * not say so any more. */
void fdar_child_go_first(void);

/* May have as many files open as its parent could allow itself. */
void fdar_child_allow_files(void);

/* Gives up the superuser's rights, where it has them, and for good: it is nobody from then on, and nothing
 * that it executes has more. FALSE: it could not, and must not go on. Takes back what
 * fdar_child_end_with() asked for. */
gboolean fdar_child_drop_rights(void);

/* From now on it gets the signal when the thread that forked it, of process parent, ends in whatever way
 * (prctl(2), PR_SET_PDEATHSIG). FALSE: that is gone already, and it must not go on. */
gboolean fdar_child_end_with(pid_t parent, int signal);

/* ---- between the two ---- */

/* One message over a SOCK_SEQPACKET socket, with a copy of the descriptor (unix(7), SCM_RIGHTS); -1: with none.
 * FALSE: nobody is there, or there is no room. */
gboolean fdar_child_send(int socket, const void *bytes, size_t length, int fd);

/* The descriptor that came with a message, which the caller closes; -1: none did. */
int fdar_child_descriptor(struct msghdr *header);

/* Whether somebody stopped the process (SIGSTOP, a debugger). */
gboolean fdar_child_is_stopped(pid_t pid);

/* Processor nanoseconds that the process has used; 0: it is gone. */
gint64 fdar_child_cpu_ns(pid_t pid);

#endif
