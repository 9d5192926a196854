/* Fuzzing the lines of a run in lockstep that pauses: any bytes into its control pipe, and then a line that stops it. */
#include <fcntl.h>
#include <unistd.h>

#include "cli/replay/stepper.h"
#include "tests/fuzz/scratch.h"

#define PIPE_BYTES 60000 /* fewer than a pipe holds */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(int fd, const void *bytes, size_t size)
{
	if (write(fd, bytes, size) != (ssize_t)size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char last[] = "\nq\n";
	struct fdar_step step = { .kind = FDAR_STEP_SEND };
	struct fdar_session session = { .id = 1 };
	struct fdar_script script = { .session = &session };
	struct fdar_role role = { .start = { .script = &script } };
	struct fdar_order order = { .steps = &step, .count = 1, .roles = &role, .role_count = 1 };
	g_autofree char *path = g_build_filename(scratch(), "pipe", NULL);
	volatile int stop = 0;
	struct fdar_stepper *stepper;
	uint64_t number = 1;
	int fd;

	if (size > PIPE_BYTES)
		return -1;
	stepper = fdar_stepper_new(&order, 0, path, &stop, NULL);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (!stepper || fd < 0)
		abort();
	put(fd, data, size);
	put(fd, last, strlen(last));
	while (fdar_stepper_before(stepper, number, &step))
		if (number++ > size + sizeof(last))
			abort();
	close(fd);
	fdar_stepper_free(stepper);
	return 0;
}
