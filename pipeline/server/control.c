#include "pipeline/server/control.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "instrument/wire/control.h"
#include "pipeline/server/control_counters.h"
#include "pipeline/server/control_rules.h"

#define STEP_MS 5
#define BEAT_US 250000

struct fdar_control_segment {
	char *path;
	int fd;
	void *map; /* for waking up only: writing goes through the descriptor */
	struct fdar_control_files *files;
	uint32_t generation, flush;
	atomic_bool closed; /* the gate */
	GThread *heart;     /* while it is on */
	GMutex mutex;
	GCond stop;
	gboolean stopping;
};

_Static_assert(sizeof(struct fdar_control) <= FDAR_CONTROL_BYTES, "the segment is too small");

/* ---- the recorder's part ---- */

/* Nothing can be done when it fails: the file is there and has its size and memory. */
static void put(const struct fdar_control_segment *segment, size_t offset, uint32_t value)
{
	ssize_t n = pwrite(segment->fd, &value, sizeof(value), (off_t)offset);

	(void)n;
}

static gboolean get(const struct fdar_control_segment *segment, size_t offset, void *value,
		    size_t bytes)
{
	return pread(segment->fd, value, bytes, (off_t)offset) == (ssize_t)bytes;
}

static void wake(const struct fdar_control_segment *segment, size_t offset)
{
	syscall(SYS_futex, (char *)segment->map + offset, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void changed(struct fdar_control_segment *segment)
{
	put(segment, offsetof(struct fdar_control, generation), ++segment->generation);
	wake(segment, offsetof(struct fdar_control, generation));
}

/* ---- making one ---- */

static struct fdar_control *first_contents(const char *recording,
					   const struct fdar_control_settings *settings)
{
	struct fdar_control *control = g_malloc0(sizeof(*control));
	g_autoptr(GString) rules = fdar_control_rules_build(settings->functions);

	control->magic = FDAR_CONTROL_MAGIC;
	control->bytes = FDAR_CONTROL_BYTES;
	control->struct_bytes = sizeof(*control);
	g_strlcpy(control->recording, recording, sizeof(control->recording));
	control->generation = 1;
	control->depth_max = settings->depth_max;
	control->minimum_ns = settings->minimum_ns;
	control->budget_ppm = settings->budget_ppm;
	control->io_sessions = settings->io_sessions ? 1 : 0;
	control->io_bytes = settings->io_bytes;
	control->marks_packed = settings->marks_packed ? 1 : 0;
	control->calls_off = settings->calls_off ? 1 : 0;
	control->rules_bytes = (uint32_t)MIN(rules->len, FDAR_CONTROL_RULES_BYTES);
	memcpy(control->rules, rules->str, control->rules_bytes);
	return control;
}

static gboolean make_file(struct fdar_control_segment *segment, const struct fdar_control *control)
{
	segment->fd = open(segment->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* Others can open it when it is whole, and nobody can for writing, not even this user by
	 * mistake. All of it has its memory: who reads a page that has none is killed when there is none
	 * left to give. */
	return segment->fd >= 0 && fallocate(segment->fd, 0, 0, FDAR_CONTROL_BYTES) == 0 &&
	       pwrite(segment->fd, control, sizeof(*control), 0) == (ssize_t)sizeof(*control) &&
	       fchmod(segment->fd, 0444) == 0;
}

static gboolean make_files(struct fdar_control_segment *segment)
{
	g_autofree char *path = g_strconcat(segment->path, FDAR_CONTROL_COUNTERS, NULL);

	segment->files = fdar_control_files_make(path);
	return segment->files != NULL;
}

static gboolean map_file(struct fdar_control_segment *segment)
{
	void *map =
		mmap(NULL, FDAR_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, segment->fd, 0);

	segment->map = map == MAP_FAILED ? NULL : map;
	return segment->map != NULL;
}

struct fdar_control_segment *fdar_control_segment_make(const char *folder, const char *recording,
						       const struct fdar_control_settings *settings,
						       GError **error)
{
	struct fdar_control_segment *segment = g_new0(struct fdar_control_segment, 1);
	g_autofree struct fdar_control *control = first_contents(recording, settings);
	guint64 number = 0;
	gboolean random = getentropy(&number, sizeof(number)) == 0;

	segment->path = g_strdup_printf("%s/control-%016" G_GINT64_MODIFIER "x", folder, number);
	segment->generation = 1;
	segment->fd = -1;
	if (random && make_files(segment) && make_file(segment, control) && map_file(segment))
		return segment;
	g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(errno),
		    "%s: cannot make what the server is told through: %s", segment->path,
		    g_strerror(errno));
	fdar_control_segment_free(segment);
	return NULL;
}

void fdar_control_segment_free(struct fdar_control_segment *segment)
{
	if (!segment)
		return;
	if (segment->map) {
		fdar_control_segment_gate(segment, FALSE);
		fdar_control_segment_switch(segment, FALSE);
		munmap(segment->map, FDAR_CONTROL_BYTES);
	}
	if (segment->fd >= 0) {
		close(segment->fd);
		g_unlink(segment->path);
	}
	fdar_control_files_free(segment->files);
	g_free(segment->path);
	g_free(segment);
}

const char *fdar_control_segment_path(const struct fdar_control_segment *segment)
{
	return segment->path;
}

/* ---- telling ---- */

/* Tells the server that there is a recorder. What the recorder does may take longer than that. */
static gpointer beat(gpointer data)
{
	struct fdar_control_segment *segment = data;
	uint32_t alive = 0;

	g_mutex_lock(&segment->mutex);
	while (!segment->stopping) {
		put(segment, offsetof(struct fdar_control, alive), ++alive);
		g_cond_wait_until(&segment->stop, &segment->mutex,
				  g_get_monotonic_time() + BEAT_US);
	}
	g_mutex_unlock(&segment->mutex);
	return NULL;
}

static void stop_beating(struct fdar_control_segment *segment)
{
	g_mutex_lock(&segment->mutex);
	segment->stopping = TRUE;
	g_cond_signal(&segment->stop);
	g_mutex_unlock(&segment->mutex);
	g_clear_pointer(&segment->heart, g_thread_join);
}

static void put_switch(struct fdar_control_segment *segment, gboolean on)
{
	put(segment, offsetof(struct fdar_control, recording_on), on ? 1 : 0);
	changed(segment);
}

void fdar_control_segment_switch(struct fdar_control_segment *segment, gboolean on)
{
	if (on && !segment->heart) {
		/* No thread reads it yet. */
		segment->stopping = FALSE;
		segment->heart = g_thread_new("heart", beat, segment);
	} else if (!on && segment->heart) {
		stop_beating(segment);
	}
	put_switch(segment, on);
}

void fdar_control_segment_announce(struct fdar_control_segment *segment)
{
	changed(segment);
}

void fdar_control_segment_gate(struct fdar_control_segment *segment, gboolean closed)
{
	if (atomic_exchange(&segment->closed, closed) == closed)
		return;
	put(segment, offsetof(struct fdar_control, gate),
	    closed ? FDAR_CONTROL_WAIT : FDAR_CONTROL_OPEN);
	wake(segment, offsetof(struct fdar_control, gate));
}

void fdar_control_release(const char *path)
{
	struct fdar_control_segment segment = { .fd = -1 };

	/* In a folder that nobody else can change. */
	if (chmod(path, 0644) == 0)
		segment.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	/* What the counters stood at is known to the server alone. */
	if (segment.fd >= 0 && map_file(&segment)) {
		get(&segment, offsetof(struct fdar_control, generation), &segment.generation,
		    sizeof(segment.generation));
		segment.closed = TRUE;
		fdar_control_segment_gate(&segment, FALSE);
		put_switch(&segment, FALSE);
		munmap(segment.map, FDAR_CONTROL_BYTES);
	}
	if (segment.fd >= 0)
		close(segment.fd);
}

/* ---- hearing ---- */

void fdar_control_segment_flush(struct fdar_control_segment *segment, int milliseconds)
{
	put(segment, offsetof(struct fdar_control, flush), ++segment->flush);
	changed(segment);
	for (int waited = 0; waited < milliseconds; waited += STEP_MS) {
		fdar_control_files_read(segment->files);
		if (!fdar_control_files_unflushed(segment->files, segment->flush))
			return;
		g_usleep(STEP_MS * 1000);
	}
}

void fdar_control_segment_count(struct fdar_control_segment *segment,
				struct fdar_control_counts *counts)
{
	fdar_control_files_read(segment->files);
	fdar_control_files_count(segment->files, counts);
}

GArray *fdar_control_segment_processes(const struct fdar_control_segment *segment)
{
	return fdar_control_files_processes(segment->files);
}

void fdar_control_segment_notice(struct fdar_control_segment *segment)
{
	fdar_control_files_notice(segment->files);
}

int fdar_control_segment_fd(const struct fdar_control_segment *segment)
{
	return fdar_control_files_fd(segment->files);
}

GArray *fdar_control_segment_unready(const struct fdar_control_segment *segment)
{
	return fdar_control_files_unready(segment->files);
}

GArray *fdar_control_segment_ends(const struct fdar_control_segment *segment)
{
	return fdar_control_files_ends(segment->files);
}

const char *fdar_control_segment_unmet(const struct fdar_control_segment *segment,
				       const char *const *functions, guint *from)
{
	const uint64_t *met = fdar_control_files_rules_met(segment->files);

	if (!functions)
		return NULL;
	for (guint i = 0; functions[i] && i < FDAR_CONTROL_RULES_MAX; i++) {
		const char *rule = functions[i];

		if (i < *from || met[i / 64] >> i % 64 & 1)
			continue;
		*from = i + 1;
		if (!g_str_has_prefix(rule + (rule[0] == '!'), "thread:"))
			return rule;
	}
	return NULL;
}

const char *fdar_patch_status_text(enum fdar_patch_status status)
{
	static const char *const texts[FDAR_PATCH_STATUSES] = {
		[FDAR_PATCH_FINE] = "fine",
		[FDAR_PATCH_NO_PROCESSOR] = "functions can be patched on x86-64 only",
		[FDAR_PATCH_NO_BARRIER] = "the kernel has no membarrier to patch functions with",
		[FDAR_PATCH_SHADOW_STACK] = "a shadow stack (CET) guards the returns of functions",
		[FDAR_PATCH_REFUSED] = ("changing code is forbidden there (SELinux, systemd's "
					"MemoryDenyWriteExecute, a seccomp filter)"),
		[FDAR_PATCH_NO_ROOM] = "no memory is free near them",
		[FDAR_PATCH_UNSETTLED] = "a thread may still be at the begin of a function",
		[FDAR_PATCH_FOREIGN] = "something else has changed them (a debugger?)",
		[FDAR_PATCH_GONE] = "the library was unloaded",
	};

	return status < FDAR_PATCH_STATUSES ? texts[status] : "for a reason that is not known";
}

/* ---- processes that run already ---- */

/* The name is abstract: a NUL, and what follows up to the length. */
static socklen_t name_of(pid_t pid, struct sockaddr_un *address)
{
	int length = g_snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "flowdar/%d",
				(int)pid);

	address->sun_family = AF_UNIX;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* The name is anybody's to take: who has it is told nothing before it is known who that is. Each
 * process makes its socket itself. Pid 0: it is one of a pid namespace that we do not see; then its
 * user must be the superuser or the process's own. */
static gboolean is_peer(int fd, pid_t pid, struct ucred *peer)
{
	g_autofree char *proc = g_strdup_printf("/proc/%d", (int)pid);
	socklen_t bytes = sizeof(*peer);
	struct stat st;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &bytes) != 0)
		return FALSE;
	if (peer->pid)
		return peer->pid == pid;
	return peer->uid == 0 || (stat(proc, &st) == 0 && peer->uid == st.st_uid);
}

static gboolean refuse_peer(pid_t pid, const struct ucred *peer, GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
		    "process %d (of user %u) has taken the name that process %d is found by: it is "
		    "told nothing, and process %d is not recorded",
		    (int)peer->pid, (unsigned)peer->uid, (int)pid, (int)pid);
	return FALSE;
}

static gboolean send_path(int fd, pid_t pid, const char *path, GError **error)
{
	struct ucred peer = { 0 };

	if (!is_peer(fd, pid, &peer))
		return refuse_peer(pid, &peer, error);
	if (send(fd, path, strlen(path) + 1, MSG_NOSIGNAL) > 0)
		return TRUE;
	g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(errno),
		    "process %d does not listen: %s", (int)pid, g_strerror(errno));
	return FALSE;
}

gboolean fdar_control_tell(pid_t pid, const char *path, GError **error)
{
	struct sockaddr_un address = { 0 };
	socklen_t bytes = name_of(pid, &address);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	gboolean told = FALSE;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, bytes) != 0)
		g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(errno),
			    "process %d does not listen: %s", (int)pid, g_strerror(errno));
	else
		told = send_path(fd, pid, path, error);
	if (fd >= 0)
		close(fd);
	return told;
}
