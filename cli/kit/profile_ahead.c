#include "cli/kit/profile_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyze/profile/profile_file.h"
#include "base/child.h"
#include "base/file_write.h"
#include "base/processors.h"

#define END_MS      3000u
#define END_STEP_MS 2u
#define READ_BYTES  (64u << 10)

/* How what a process hands over begins. */
struct head {
	gint32 fine;
	gint32 code; /* of G_IO_ERROR; -1: of another domain */
};

/* One to be read. */
struct ahead {
	struct fdar_profile_input input;
	pid_t pid;  /* 0: no process reads it */
	int result; /* the end of a pipe from that */
	int said;   /* what it would have said on stderr: a file in memory */
};

/* ---- in the process ---- */

static void hand_over(int fd, const struct fdar_profile *profile,
		      const struct fdar_profile_about *about, const GError *error)
{
	struct head head = { .fine = profile != NULL, .code = -1 };
	g_autoptr(GBytes) bytes = NULL;
	gsize length = 0;
	const void *data;

	if (profile)
		bytes = fdar_profile_encode(profile, about);
	else
		bytes = g_bytes_new(error->message, strlen(error->message));
	if (error && error->domain == G_IO_ERROR)
		head.code = error->code;
	data = g_bytes_get_data(bytes, &length);
	if (fdar_file_write_all(fd, &head, sizeof(head)))
		fdar_file_write_all(fd, data, length);
}

/* Until the process that was made listens. */
static void hold_asking(int how)
{
	sigset_t asking;

	sigemptyset(&asking);
	sigaddset(&asking, SIGTERM);
	sigaddset(&asking, SIGINT);
	sigprocmask(how, &asking, NULL);
}

/* To end: as often as one likes. A terminal asks all of us, and then who started us does, who is to end
 * nobody in the middle of clearing up. */
static void be_asked(void)
{
	struct sigaction action;

	sigaction(SIGTERM, NULL, &action);
	action.sa_flags &= ~(int)SA_RESETHAND;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, NULL, &action);
	action.sa_flags &= ~(int)SA_RESETHAND;
	sigaction(SIGINT, &action, NULL);
	hold_asking(SIG_UNBLOCK);
}

static void serve(const struct ahead *ahead, int fd, pid_t parent)
{
	struct fdar_profile_input input = ahead->input;
	struct fdar_profile_about about;
	struct fdar_profile *profile;
	GError *error = NULL;

	be_asked();
	if (!fdar_child_end_with(parent, SIGTERM) || dup2(ahead->said, STDERR_FILENO) < 0)
		_exit(1);
	fdar_profile_about_init(&about);
	input.about = &about;
	profile = fdar_profile_input_read(&input, &error);
	signal(SIGTERM, SIG_DFL); /* nothing is left to be taken away */
	hand_over(fd, profile, &about, error);
	_exit(0);
}

/* ---- beside it ---- */

/* Where no process can be had, it is read when its turn comes. */
static void begin(struct ahead *ahead)
{
	pid_t parent = getpid();
	int ends[2];

	ahead->said = memfd_create("flowdar", MFD_CLOEXEC);
	if (ahead->said < 0)
		return;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		close(ahead->said);
		return;
	}
	fflush(NULL);
	hold_asking(SIG_BLOCK);
	ahead->pid = fork();
	if (ahead->pid == 0)
		serve(ahead, ends[1], parent);
	hold_asking(SIG_UNBLOCK);
	close(ends[1]);
	ahead->result = ends[0];
	if (ahead->pid > 0)
		return;
	ahead->pid = 0;
	close(ends[0]);
	close(ahead->said);
}

/* Whoever has files of its own (recovery.h) takes them away; who does not end by itself is ended. */
static void end(struct ahead *ahead)
{
	pid_t ended = 0;

	if (!ahead->pid)
		return;
	close(ahead->result); /* so that nobody waits to hand over */
	kill(ahead->pid, SIGTERM);
	for (unsigned ms = 0; ended == 0 && ms < END_MS; ms += END_STEP_MS) {
		ended = waitpid(ahead->pid, NULL, WNOHANG);
		if (ended < 0 && errno == EINTR)
			ended = 0;
		if (ended == 0)
			g_usleep(END_STEP_MS * 1000);
	}
	if (ended == 0)
		kill(ahead->pid, SIGKILL);
	while (ended == 0 && waitpid(ahead->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	close(ahead->said);
	ahead->pid = 0;
}

static void pass_on(const struct ahead *ahead)
{
	char bytes[4096];
	ssize_t n;

	if (lseek(ahead->said, 0, SEEK_SET) < 0)
		return;
	while ((n = read(ahead->said, bytes, sizeof(bytes))) > 0)
		fwrite(bytes, 1, (size_t)n, stderr);
}

/* All that the process hands over. */
static GByteArray *receive(const struct ahead *ahead, GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree guint8 *some = g_malloc(READ_BYTES);
	ssize_t n;

	while ((n = read(ahead->result, some, READ_BYTES)) != 0) {
		if (n < 0 && errno == EINTR && !(ahead->input.stop && *ahead->input.stop))
			continue;
		if (n < 0) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return NULL;
		}
		if (bytes->len > FDAR_PROFILE_FILE_MAX)
			break;
		g_byte_array_append(bytes, some, (guint)n);
	}
	if (bytes->len >= sizeof(struct head))
		return g_steal_pointer(&bytes);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
		    "%s: the process that read it came to an end before it was through",
		    ahead->input.path);
	return NULL;
}

static struct fdar_profile *open_up(const struct ahead *ahead, const GByteArray *bytes,
				    GError **error)
{
	const char *rest = (const char *)bytes->data + sizeof(struct head);
	size_t length = bytes->len - sizeof(struct head);
	struct fdar_profile_about about;
	struct fdar_profile *profile;
	struct head head;

	memcpy(&head, bytes->data, sizeof(head));
	if (!head.fine) {
		g_set_error(error, G_IO_ERROR, head.code < 0 ? G_IO_ERROR_FAILED : head.code,
			    "%.*s", (int)length, rest);
		return NULL;
	}
	fdar_profile_about_init(&about);
	profile = fdar_profile_decode(rest, length, ahead->input.path, &about, error);
	if (profile && ahead->input.about)
		fdar_profile_about_add(ahead->input.about, &about);
	fdar_profile_about_clear(&about);
	return profile;
}

static struct fdar_profile *take(struct ahead *ahead, GError **error)
{
	g_autoptr(GByteArray) bytes = NULL;
	struct fdar_profile *profile = NULL;

	if (!ahead->pid)
		return fdar_profile_input_read(&ahead->input, error);
	bytes = receive(ahead, error);
	if (bytes)
		pass_on(ahead);
	if (bytes)
		profile = open_up(ahead, bytes, error);
	end(ahead);
	return profile;
}

/* ---- many ---- */

static gboolean is_worth_it(const struct ahead *ahead)
{
	return !ahead->input.session && !fdar_profile_input_is_file(&ahead->input);
}

/* The first one is read here, so that its progress is seen; so many of those behind it elsewhere. */
static void begin_some(struct ahead *all, guint count, guint at, unsigned jobs)
{
	unsigned running = 1;

	for (guint i = at; i < count && running < jobs; i++) {
		if (!all[i].pid && i > at && is_worth_it(&all[i]))
			begin(&all[i]);
		running += all[i].pid && i > at;
	}
}

/* Takes the profile. */
typedef void (*got_fn)(void *user, guint index, struct fdar_profile *profile);

static gboolean read_many(struct ahead *all, guint count, unsigned jobs, got_fn got, void *user,
			  GError **error)
{
	gboolean fine = TRUE;

	/* Several are processes enough. One has threads when they are asked for: they take half as much of the
	 * processors again, and save time only where these are close together (docs/performance.md). */
	for (guint i = 0; i < count; i++)
		all[i].input.threads = count > 1 ? 1 : jobs;
	jobs = jobs ? jobs : fdar_processors();
	for (guint i = 0; i < count && fine; i++) {
		struct fdar_profile *profile;

		begin_some(all, count, i, jobs);
		profile = take(&all[i], error);
		fine = profile != NULL;
		if (fine)
			got(user, i, profile);
	}
	for (guint i = 0; i < count; i++)
		end(&all[i]);
	return fine;
}

static void free_profile(gpointer profile)
{
	fdar_profile_free(profile);
}

struct two {
	GPtrArray **profiles;
	guint first; /* of the second side */
};

static void got_of_two(void *user, guint index, struct fdar_profile *profile)
{
	const struct two *two = user;

	g_ptr_array_add(two->profiles[index >= two->first], profile);
}

gboolean fdar_profile_ahead_read_two(const struct fdar_profile_input inputs[2], char **paths[2],
				     unsigned jobs, GPtrArray *profiles[2], GError **error)
{
	struct two two = { profiles, g_strv_length(paths[0]) };
	guint count = two.first + g_strv_length(paths[1]);
	g_autofree struct ahead *all = g_new0(struct ahead, count);

	for (guint side = 0; side < 2; side++)
		profiles[side] = g_ptr_array_new_with_free_func(free_profile);
	for (guint i = 0; i < count; i++) {
		guint side = i >= two.first;

		all[i].input = inputs[side];
		all[i].input.path = paths[side][side ? i - two.first : i];
	}
	return read_many(all, count, jobs, got_of_two, &two, error);
}

static void got_one_more(void *user, guint index, struct fdar_profile *profile)
{
	struct fdar_profile **sum = user;

	(void)index;
	if (!*sum) {
		*sum = profile;
		return;
	}
	fdar_profile_merge(*sum, profile);
	fdar_profile_free(profile);
}

struct fdar_profile *fdar_profile_ahead_read_all(const struct fdar_profile_input *input,
						 char **paths, unsigned jobs, GError **error)
{
	guint count = g_strv_length(paths);
	g_autofree struct ahead *all = g_new0(struct ahead, count);
	g_autoptr(fdar_profile) sum = NULL;

	for (guint i = 0; i < count; i++) {
		all[i].input = *input;
		all[i].input.path = paths[i];
	}
	if (!read_many(all, count, jobs, got_one_more, &sum, error))
		return NULL;
	return g_steal_pointer(&sum);
}
