/*
 * A recorder's side of the control segment, for the scripts.
 *
 *	control_tool FILE make NAME            makes it: recording, gate open, no rules
 *	control_tool FILE set FIELD VALUE ...  changes fields of the recorder's, and wakes who waits
 *	control_tool FILE rules RULE ...
 *	control_tool FILE get FIELD            prints a number; of a counter the sum over all processes;
 *	                                       "processes" is how many there were, flushed the least
 *	control_tool FILE live                 counts alive on, until killed
 *	control_tool FILE tell PID             tells a process of it (its abstract socket)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "instrument/wire/control.h"

#define FIELD_OF(of, name)                                                       \
	{                                                                        \
#name, offsetof(struct of, name), sizeof(((struct of *)0)->name) \
	}
#define FIELD(name)   FIELD_OF(fdar_control, name)
#define COUNTER(name) FIELD_OF(fdar_control_counters, name)

static const struct field {
	const char *name;
	size_t offset, bytes;
} fields[] = {
	FIELD(generation), FIELD(gate),       FIELD(alive),      FIELD(recording_on), FIELD(flush),
	FIELD(depth_max),  FIELD(minimum_ns), FIELD(budget_ppm), FIELD(rules_bytes),  { 0 },
};

static const struct field counters[] = {
	COUNTER(calls),  COUNTER(skipped),    COUNTER(unwound),
	COUNTER(lost),   COUNTER(waited_ns),  COUNTER(functions),
	COUNTER(live),   COUNTER(budget_off), COUNTER(patched),
	COUNTER(hooked), COUNTER(flushed),    COUNTER(write_ns),
	{ 0 },
};

static struct fdar_control *control;

static const struct field *find_in(const struct field *list, const char *name)
{
	while (list->name && strcmp(list->name, name) != 0)
		list++;
	return list->name ? list : NULL;
}

static const struct field *field_find(const char *name)
{
	const struct field *field = find_in(fields, name);

	if (field)
		return field;
	fprintf(stderr, "control_tool: no field %s\n", name);
	exit(2);
}

static void changed(void)
{
	__atomic_fetch_add(&control->generation, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &control->generation, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	syscall(SYS_futex, &control->gate, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void set(const char *name, uint64_t value)
{
	const struct field *field = field_find(name);
	void *at = (char *)control + field->offset;

	if (field->bytes == 8)
		__atomic_store_n((uint64_t *)at, value, __ATOMIC_RELEASE);
	else
		__atomic_store_n((uint32_t *)at, (uint32_t)value, __ATOMIC_RELEASE);
}

static uint64_t number_at(const void *from, const struct field *field)
{
	const void *at = (const char *)from + field->offset;

	if (field->bytes == 8)
		return __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);
	return __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
}

/* The files of all processes; field NULL: how many there are. */
static uint64_t get_counter(const char *path, const struct field *field)
{
	char folder[PATH_MAX];
	const struct dirent *entry;
	uint64_t sum = 0;
	bool any = false, least = field && strcmp(field->name, "flushed") == 0;
	DIR *list;

	snprintf(folder, sizeof(folder), "%s" FDAR_CONTROL_COUNTERS, path);
	list = opendir(folder);
	while (list && (entry = readdir(list))) {
		struct fdar_control_counters read;
		int fd = openat(dirfd(list), entry->d_name, O_RDONLY | O_NOFOLLOW);
		uint64_t number;

		if (fd < 0 || pread(fd, &read, sizeof(read), 0) != (ssize_t)sizeof(read))
			continue;
		close(fd);
		number = field ? number_at(&read, field) : 1;
		sum = !least ? sum + number : !any || number < sum ? number : sum;
		any = true;
	}
	if (list)
		closedir(list);
	return sum;
}

static uint64_t get(const char *path, const char *name)
{
	const struct field *counter = find_in(counters, name);

	if (counter || strcmp(name, "processes") == 0)
		return get_counter(path, counter);
	return number_at(control, field_find(name));
}

static void map(const char *path, int flags)
{
	int fd = open(path, O_RDWR | flags, 0600);

	if (fd < 0 || ftruncate(fd, FDAR_CONTROL_BYTES) != 0) {
		perror(path);
		exit(1);
	}
	control = mmap(NULL, FDAR_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		exit(1);
	close(fd);
}

static void make(const char *path, const char *name)
{
	char unfinished[PATH_MAX];

	snprintf(unfinished, sizeof(unfinished), "%s" FDAR_CONTROL_COUNTERS, path);
	if (mkdir(unfinished, 0700) != 0 && errno != EEXIST)
		exit(1);
	snprintf(unfinished, sizeof(unfinished), "%s.new", path);
	map(unfinished, O_CREAT | O_TRUNC);
	control->bytes = FDAR_CONTROL_BYTES;
	control->struct_bytes = sizeof(*control);
	strncpy(control->recording, name, sizeof(control->recording));
	control->recording_on = 1;
	control->magic = FDAR_CONTROL_MAGIC;
	if (rename(unfinished, path) != 0)
		exit(1);
}

static void rules(char **texts, int count)
{
	size_t length = 0;

	for (int i = 0; i < count; i++) {
		memcpy(control->rules + length, texts[i], strlen(texts[i]) + 1);
		length += strlen(texts[i]) + 1;
	}
	set("rules_bytes", length);
	changed();
}

static int tell(const char *path, const char *pid)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), length;

	length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "flowdar/%s", pid);
	length += (int)offsetof(struct sockaddr_un, sun_path) + 1;
	if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) != 0 ||
	    send(fd, path, strlen(path) + 1, 0) < 0) {
		perror("control_tool: tell");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (strcmp(argv[2], "make") == 0 && argc == 4) {
		make(argv[1], argv[3]);
		return 0;
	}
	map(argv[1], 0);
	if (strcmp(argv[2], "set") == 0) {
		for (int i = 3; i + 1 < argc; i += 2)
			set(argv[i], strtoull(argv[i + 1], NULL, 0));
		changed();
	} else if (strcmp(argv[2], "rules") == 0) {
		rules(argv + 3, argc - 3);
	} else if (strcmp(argv[2], "get") == 0 && argc == 4) {
		printf("%" PRIu64 "\n", get(argv[1], argv[3]));
	} else if (strcmp(argv[2], "tell") == 0 && argc == 4) {
		return tell(argv[1], argv[3]);
	} else if (strcmp(argv[2], "live") == 0) {
		for (;;) {
			__atomic_fetch_add(&control->alive, 1, __ATOMIC_RELAXED);
			usleep(100000);
		}
	} else {
		return 2;
	}
	return 0;
}
