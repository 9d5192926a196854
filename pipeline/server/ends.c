#include "pipeline/server/ends.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCH        64
#define CLOCK_ROUNDS 8

struct watched {
	int fd;             /* -1: it is not watched */
	uint64_t looks;     /* that there had been when it was told of */
	uint64_t before_ns; /* it had not ended then, by the monotonic clock */
	uint64_t ended_ns;  /* 0: not by the last look */
};

struct fdar_ends {
	int poll;
	uint64_t epoch_ns; /* of the monotonic clock's 0 */
	uint64_t looks;
	uint64_t look_ns;    /* when the last one began, by the monotonic clock */
	uint64_t listed_ns;  /* the same of the listing before this one */
	uint64_t listing_ns; /* and of this one */
	GHashTable *by_name;
	guint watched;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The reading of both clocks that nothing came in between of, most likely. */
static uint64_t epoch_find(void)
{
	uint64_t best_ns = UINT64_MAX, epoch_ns = 0;

	for (int i = 0; i < CLOCK_ROUNDS; i++) {
		uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
		uint64_t real_ns = clock_ns(CLOCK_REALTIME);
		uint64_t took_ns = clock_ns(CLOCK_MONOTONIC) - begin_ns;

		if (took_ns >= best_ns)
			continue;
		best_ns = took_ns;
		epoch_ns = real_ns - begin_ns - took_ns / 2;
	}
	return epoch_ns;
}

static void watched_free(gpointer data)
{
	struct watched *watched = data;

	if (watched->fd >= 0)
		close(watched->fd);
	g_free(watched);
}

struct fdar_ends *fdar_ends_new(void)
{
	struct fdar_ends *ends = g_new0(struct fdar_ends, 1);

	ends->poll = epoll_create1(EPOLL_CLOEXEC);
	ends->epoch_ns = epoch_find();
	ends->look_ns = ends->listed_ns = ends->listing_ns = clock_ns(CLOCK_MONOTONIC);
	ends->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, watched_free);
	return ends;
}

void fdar_ends_free(struct fdar_ends *ends)
{
	if (!ends)
		return;
	g_hash_table_destroy(ends->by_name);
	if (ends->poll >= 0)
		close(ends->poll);
	g_free(ends);
}

int fdar_ends_fd(const struct fdar_ends *ends)
{
	return ends->poll;
}

gboolean fdar_ends_knows(const struct fdar_ends *ends, const char *name)
{
	return g_hash_table_contains(ends->by_name, name);
}

void fdar_ends_listing(struct fdar_ends *ends)
{
	ends->listed_ns = ends->listing_ns;
	ends->listing_ns = clock_ns(CLOCK_MONOTONIC);
}

/* -1: too many, or it is gone. */
static int watch(struct fdar_ends *ends, struct watched *watched, pid_t pid)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watched };
	int fd = pid && ends->watched < FDAR_ENDS_WATCHED_MAX ? (int)syscall(SYS_pidfd_open, pid, 0)
							      : -1;

	if (fd >= 0 && epoll_ctl(ends->poll, EPOLL_CTL_ADD, fd, &event) != 0) {
		close(fd);
		fd = -1;
	}
	ends->watched += fd >= 0;
	return fd;
}

void fdar_ends_watch(struct fdar_ends *ends, const char *name, pid_t pid)
{
	struct watched *watched;

	if (g_hash_table_size(ends->by_name) >= FDAR_ENDS_KNOWN_MAX)
		return;
	watched = g_new0(struct watched, 1);
	watched->looks = ends->looks;
	watched->before_ns = ends->listed_ns;
	watched->fd = watch(ends, watched, pid);
	g_hash_table_replace(ends->by_name, g_strdup(name), watched);
}

/* A child of ours that still has the descriptor would keep it in the set, if it were only closed. */
static void unwatch(struct fdar_ends *ends, struct watched *watched)
{
	if (watched->fd < 0)
		return;
	epoll_ctl(ends->poll, EPOLL_CTL_DEL, watched->fd, NULL);
	close(watched->fd);
	watched->fd = -1;
	ends->watched--;
}

/* When it had not ended yet: at the last look, if it was watched by then. */
static uint64_t lived_ns(const struct fdar_ends *ends, const struct watched *watched)
{
	return watched->fd >= 0 && watched->looks < ends->looks
		       ? MAX(watched->before_ns, ends->look_ns)
		       : watched->before_ns;
}

void fdar_ends_look(struct fdar_ends *ends)
{
	struct epoll_event events[BATCH];
	uint64_t began_ns = clock_ns(CLOCK_MONOTONIC);
	int n;

	do {
		n = epoll_wait(ends->poll, events, BATCH, 0);
		for (int i = 0; i < n; i++) {
			struct watched *watched = events[i].data.ptr;

			watched->before_ns = lived_ns(ends, watched);
			watched->ended_ns = clock_ns(CLOCK_MONOTONIC);
			unwatch(ends, watched);
		}
	} while (n == BATCH);
	ends->looks++;
	ends->look_ns = began_ns;
}

gboolean fdar_ends_ended(const struct fdar_ends *ends, const char *name)
{
	const struct watched *watched = g_hash_table_lookup(ends->by_name, name);

	return watched && watched->ended_ns;
}

void fdar_ends_take(struct fdar_ends *ends, const char *name, uint64_t *ended_ns,
		    uint64_t *within_ns)
{
	struct watched *watched = g_hash_table_lookup(ends->by_name, name);
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	uint64_t end_ns = watched && watched->ended_ns ? watched->ended_ns : now_ns;
	uint64_t before_ns = watched ? lived_ns(ends, watched) : ends->listing_ns;

	*ended_ns = ends->epoch_ns + end_ns;
	*within_ns = end_ns > before_ns ? end_ns - before_ns : 0;
	if (!watched)
		return;
	unwatch(ends, watched);
	g_hash_table_remove(ends->by_name, name);
}
