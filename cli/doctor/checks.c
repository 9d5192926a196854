/* Programs, libraries and daemons; and the list of all checks. */
#include "cli/doctor/checks.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/kit/paths.h"

#define ROOT_SOCKET "/var/run/lttng/client-lttng-sessiond"
#define FOLDER      "flowdar-doctor-XXXXXX"

void fdar_finding_clear(struct fdar_finding *finding)
{
	g_free(finding->found);
	g_free(finding->mend);
	memset(finding, 0, sizeof *finding);
}

/* A program that one of Debian's packages has. */
static void look_for(struct fdar_finding *finding, const char *program, const char *package,
		     const char *effect, enum fdar_health without)
{
	finding->found = g_find_program_in_path(program);
	if (finding->found)
		return;
	finding->health = without;
	finding->found = g_strdup_printf("no %s", program);
	finding->effect = effect;
	finding->mend = g_strdup_printf("apt-get install %s", package);
	finding->admin = TRUE;
}

static void check_libraries(struct fdar_finding *finding)
{
	static const char *const names[] = { "libflowdar.so", "libflowdar-functions.so",
					     "libflowdar-io.so", "libflowdar-environment.so" };
	g_autofree char *folder = fdar_library_dir();

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);

		if (g_access(path, R_OK) == 0)
			continue;
		finding->health = FDAR_HEALTH_BAD;
		finding->found = g_strdup_printf("%s: %s", path, g_strerror(errno));
		finding->effect = "nothing can be recorded";
		finding->mend = g_strdup("apt-get install flowdar-preload # or: cmake --build "
					 "build/release");
		finding->admin = TRUE;
		return;
	}
	finding->found = g_steal_pointer(&folder);
}

static void check_daemon(struct fdar_finding *finding)
{
	look_for(finding, "lttng-sessiond", "lttng-tools", "nothing can be recorded",
		 FDAR_HEALTH_BAD);
}

/* Whether root's session daemon answers, and to us. */
static gboolean root_daemon_answers(int *reason)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	gboolean answers = FALSE;

	g_strlcpy(address.sun_path, ROOT_SOCKET, sizeof address.sun_path);
	if (fd >= 0)
		answers = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	*reason = errno;
	if (fd >= 0)
		close(fd);
	return answers;
}

static gboolean in_group(const char *name)
{
	struct group *group = getgrnam(name);
	gid_t groups[256];
	int count = getgroups(G_N_ELEMENTS(groups), groups);

	for (int i = 0; group && i < count; i++) {
		if (groups[i] == group->gr_gid)
			return TRUE;
	}
	return FALSE;
}

static void check_group(struct fdar_finding *finding)
{
	int reason = 0;
	gboolean running = root_daemon_answers(&reason);

	if (geteuid() == 0) {
		finding->found =
			g_strdup_printf("root: servers of every user; root's session daemon %s",
					running ? "is running" : "is started when it is needed");
		return;
	}
	if (running || in_group("tracing")) {
		finding->found = g_strdup_printf("in the group tracing; root's session daemon %s",
						 running ? "answers" : "is not running");
		return;
	}
	finding->health = FDAR_HEALTH_LESS;
	finding->found = g_strdup(reason == EACCES ? "root's session daemon does not let us in"
						   : "not in the group tracing");
	finding->effect = "only your own servers can be recorded, by a session daemon of your own";
	finding->mend =
		g_strdup_printf("usermod -aG tracing %s # then log in again", g_get_user_name());
	finding->admin = TRUE;
}

static void check_coccinelle(struct fdar_finding *finding)
{
	look_for(finding, "spatch", "coccinelle", "flowdar patch cannot mark a server's source",
		 FDAR_HEALTH_LESS);
}

static void check_compiler(struct fdar_finding *finding)
{
	const char *told = g_getenv("FLOWDAR_CC");

	if (told && *told) {
		finding->found = g_strdup_printf("FLOWDAR_CC: %s", told);
		return;
	}
	look_for(finding, "cc", "gcc", "flowdar cc has no compiler to run", FDAR_HEALTH_LESS);
}

static void check_babeltrace(struct fdar_finding *finding)
{
	look_for(finding, "babeltrace2", "babeltrace2",
		 "exported traces cannot be looked at by hand; flowdar needs only its library",
		 FDAR_HEALTH_LESS);
}

/* ---- for real ---- */

static void remove_tree(const char *path)
{
	const char *const arguments[] = { "rm", "-rf", "--", path, NULL };

	g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
		     NULL, NULL);
}

/* The last line of what was said: errors stand at the end. */
static char *last_line(char *said)
{
	char *line = strrchr(g_strchomp(said), '\n');

	return g_strdup(line ? line + 1 : said);
}

void fdar_check_record(struct fdar_finding *finding)
{
	g_autofree char *folder = g_dir_make_tmp(FOLDER, NULL);
	g_autofree char *recording = g_build_filename(folder ? folder : "/tmp", "recording", NULL);
	const char *const command[] = {
		"/proc/self/exe", "record", "-o", recording, "--io", "-q", "--",
		"sleep",          "0.2",    NULL
	};
	g_autofree char *said = NULL;
	int status = -1;
	gboolean ran =
		folder && g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_STDOUT_TO_DEV_NULL,
				       NULL, NULL, NULL, &said, &status, NULL);

	if (ran && g_spawn_check_wait_status(status, NULL)) {
		finding->found = g_strdup("recorded a program and read it back");
	} else {
		finding->health = FDAR_HEALTH_BAD;
		finding->found = said && *said ? last_line(said) : g_strdup("cannot be tried");
		finding->effect = "nothing can be recorded";
	}
	if (folder)
		remove_tree(folder);
}

const struct fdar_check fdar_checks[] = {
	{ "libraries", "what is loaded into a server", check_libraries },
	{ "LTTng", "recording", check_daemon },
	{ "shared memory", "LTTng's buffers, and what waits for the disk", fdar_check_memory },
	{ "whose servers", "recording servers of others", check_group },
	{ "kernel", "switching functions on and off", fdar_check_kernel },
	{ "clock", "cheap events", fdar_check_clock },
	{ "pressure", "verdicts on a full machine", fdar_check_pressure },
	{ "ptrace", "stacks of a server that hangs", fdar_check_ptrace },
	{ "perf events", "samples", fdar_check_perf },
	{ "open files", "replaying many sessions at once", fdar_check_files },
	{ "packets", "flowdar mirror", fdar_check_capture },
	{ "coccinelle", "flowdar patch", check_coccinelle },
	{ "compiler", "flowdar cc", check_compiler },
	{ "babeltrace2", "looking at exported traces", check_babeltrace },
	{ NULL, NULL, NULL },
};
