/* What the kernel gives: memory, rights, limits, clocks. */
#include "cli/doctor/checks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/kit/table.h"

#define SHM          "/dev/shm"
#define SHM_LEAST    (32u << 20)  /* less than LTTng's buffers on two processors */
#define SHM_USUAL    (256u << 20) /* record --memory's default */
#define FILES_USUAL  1024u
#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* The number in a file of /proc/sys; -1 without one. */
static gint64 number_in(const char *path)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return -1;
	return g_ascii_strtoll(text, NULL, 10);
}

void fdar_check_kernel(struct fdar_finding *finding)
{
	struct utsname name;

	if (uname(&name) != 0)
		memset(&name, 0, sizeof name);
	finding->found = g_strdup_printf("%s %s, %s", name.sysname, name.release, name.machine);
	if (strcmp(name.machine, "x86_64") == 0)
		return;
	finding->health = FDAR_HEALTH_LESS;
	finding->effect = "functions are switched on and off on x86-64 only; elsewhere flowdar cc "
			  "uses hooks, which always cost some nanoseconds a call";
}

void fdar_check_memory(struct fdar_finding *finding)
{
	struct statvfs fs;

	if (statvfs(SHM, &fs) != 0) {
		finding->health = FDAR_HEALTH_BAD;
		finding->found = g_strdup_printf("%s: %s", SHM, g_strerror(errno));
		finding->effect = "nothing can be recorded";
		finding->mend =
			g_strdup("mkdir -p " SHM " && mount -t tmpfs -o mode=1777 tmpfs " SHM);
		finding->admin = TRUE;
		return;
	}
	guint64 size = (guint64)fs.f_blocks * fs.f_frsize,
		left = (guint64)fs.f_bavail * fs.f_frsize;
	g_autofree char *size_text = fdar_format_bytes(size), *left_text = fdar_format_bytes(left);

	finding->found = g_strdup_printf("%s of %s free in %s", left_text, size_text, SHM);
	if (left >= SHM_USUAL)
		return;
	finding->health = left < SHM_LEAST ? FDAR_HEALTH_BAD : FDAR_HEALTH_LESS;
	finding->effect = left < SHM_LEAST ? "LTTng's buffers have no room"
					   : "less than record's usual memory of 256M: give it "
					     "less by --memory, or this more";
	/* A container's is set where it is started: docker run --shm-size=1g. */
	finding->mend = g_strdup("mount -o remount,size=1G " SHM);
	finding->admin = TRUE;
}

void fdar_check_ptrace(struct fdar_finding *finding)
{
	gint64 scope = number_in("/proc/sys/kernel/yama/ptrace_scope");

	finding->found = scope < 0
				 ? g_strdup("no restrictions by Yama")
				 : g_strdup_printf("ptrace_scope %d%s", (int)scope,
						   geteuid() == 0 ? ", for root no hindrance" : "");
	if (scope <= 0 || (geteuid() == 0 && scope < 3))
		return;
	finding->health = FDAR_HEALTH_LESS;
	finding->effect = "the stacks of a server that runs already (--attach) cannot be looked at";
	finding->mend = g_strdup("sysctl kernel.yama.ptrace_scope=0");
	finding->admin = TRUE;
}

static gboolean open_event(struct perf_event_attr *event)
{
	int fd = (int)syscall(SYS_perf_event_open, event, 0, -1, -1, 0UL);

	if (fd < 0)
		return FALSE;
	close(fd);
	return TRUE;
}

/* Tried, not guessed: containers forbid the call whatever the kernel's setting says. */
void fdar_check_perf(struct fdar_finding *finding)
{
	int paranoid = (int)number_in("/proc/sys/kernel/perf_event_paranoid");
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE,
					 .size = sizeof event,
					 .config = PERF_COUNT_SW_TASK_CLOCK,
					 .disabled = 1 };
	gboolean kernel = open_event(&event);
	int reason = 0;

	event.exclude_kernel = 1;
	if (kernel || open_event(&event)) {
		finding->found =
			g_strdup_printf("%s (paranoid %d)",
					kernel ? "of program and kernel" : "of the program only",
					paranoid);
	} else {
		reason = errno;
		finding->found = g_strdup_printf("perf_event_open: %s (paranoid %d)",
						 g_strerror(reason), paranoid);
	}
	if (kernel)
		return;
	finding->health = FDAR_HEALTH_LESS;
	finding->effect = reason ? "samples are taken by timers in the server"
				 : "samples do not show what the kernel does";
	finding->mend = g_strdup("sysctl kernel.perf_event_paranoid=1");
	finding->admin = TRUE;
}

void fdar_check_files(struct fdar_finding *finding)
{
	struct rlimit limit = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	finding->found =
		g_strdup_printf("%llu open files, up to %llu", (unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	if (limit.rlim_max > FILES_USUAL)
		return;
	finding->health = FDAR_HEALTH_LESS;
	finding->effect = "replay cannot keep more sessions open than that at once";
	finding->mend = g_strdup_printf("echo '%s hard nofile 65536' >>/etc/security/limits.conf",
					g_get_user_name());
	finding->admin = TRUE;
}

void fdar_check_clock(struct fdar_finding *finding)
{
	static const char *const quick[] = { "tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
					     "arch_sys_counter", NULL };
	g_autofree char *text = NULL;

	if (!g_file_get_contents(CLOCK_SOURCE, &text, NULL, NULL)) {
		finding->found = g_strdup("not told by the kernel");
		return;
	}
	finding->found = g_strdup(g_strchomp(text));
	if (g_strv_contains(quick, text))
		return;
	finding->health = FDAR_HEALTH_LESS;
	finding->effect = "asking for the time is a system call: an event costs a microsecond more";
	finding->mend = g_strdup("echo tsc >" CLOCK_SOURCE);
	finding->admin = TRUE;
}

void fdar_check_pressure(struct fdar_finding *finding)
{
	g_autofree char *text = NULL;

	if (g_file_get_contents("/proc/pressure/cpu", &text, NULL, NULL)) {
		finding->found = g_strdup("the kernel tells how full the machine is");
		return;
	}
	finding->health = FDAR_HEALTH_LESS;
	finding->found = g_strdup("no /proc/pressure/cpu");
	finding->effect = "diff cannot tell a slow server from a full machine";
	finding->mend = g_strdup("sed -i 's/^GRUB_CMDLINE_LINUX=\"/&psi=1 /' /etc/default/grub && "
				 "update-grub # and start the machine again");
	finding->admin = TRUE;
}

void fdar_check_capture(struct fdar_finding *finding)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		close(fd);
		finding->found = g_strdup("packets can be captured");
		return;
	}
	finding->health = FDAR_HEALTH_LESS;
	finding->found = g_strdup_printf("packet socket: %s", g_strerror(errno));
	finding->effect = "flowdar mirror cannot watch an interface";
	finding->mend = g_strdup(
		"setcap cap_net_raw+ep \"$(command -v flowdar)\" # or run flowdar mirror as root");
	finding->admin = TRUE;
}
