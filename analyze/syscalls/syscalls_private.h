/*
 * What a wait and an operation are called in tables of system calls.
 *
 * Place in the house: inside analyze/syscalls.
 */
#ifndef FDAR_ANALYZE_SYSCALLS_SYSCALLS_PRIVATE_H
#define FDAR_ANALYZE_SYSCALLS_SYSCALLS_PRIVATE_H

#include <glib.h>
#include <stdint.h>

#include "instrument/wire/events.h"

/* Of an operation; values that there are not are "other". */
const char *fdar_syscall_op_name(uint64_t op);

/* Of a function that waited: the operation's where it is one, and that in *op; else its own, and
 * FDAR_IO_OPS. kind is an enum fdar_wait_kind. */
const char *fdar_syscall_wait_name(const char *what, uint8_t kind, uint64_t *op);

/* Whether a wait's result says that the function failed: most say so by a negative one, those of threads
 * by an error number. */
gboolean fdar_syscall_wait_failed(const char *what, int64_t result);

#endif
