/*
 * Names of generated code: the map that a program with a compiler of its own writes of what it compiles.
 *
 * Place in the house: under sampler.c. The rule is that of Linux perf (tools/perf/Documentation/
 * jit-interface.txt): the file /tmp/perf-PID.map, a line a function, "START SIZE name", both in
 * hexadecimal, by its own number and in its own file system. It grows while the program runs: it is read on
 * as far as it was written when an address is asked for that is not in it. What is written later lies over
 * what was there before.
 *
 * Its bytes are a stranger's: it must be a plain file of the process's user or root, no link, and not older
 * than the process; of lines that are none nothing is taken. Used by one thread at a time.
 *
 * Servers have many workers, each with a map: those of one pool have no more files open than
 * FDAR_JIT_MAP_OPEN_MAX, and of the others, opened again, the rest is read only while the process is there.
 */
#ifndef FDAR_PIPELINE_SAMPLES_JIT_MAP_H
#define FDAR_PIPELINE_SAMPLES_JIT_MAP_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#define FDAR_JIT_MAP_FUNCTIONS_MAX (1u << 18)  /* at one time; what comes then has no name */
#define FDAR_JIT_MAP_POOL_MAX      (1u << 20)  /* functions of all maps together */
#define FDAR_JIT_MAP_OPEN_MAX      64u         /* files, of all maps together */
#define FDAR_JIT_MAP_BYTES_MAX     (64u << 20) /* of the file */
#define FDAR_JIT_MAP_LINE_MAX      2048u       /* bytes; the rest of a longer one is cut */

struct fdar_jit_map_pool;
struct fdar_jit_map;

/* The caller owns it; it outlives its maps. */
struct fdar_jit_map_pool *fdar_jit_map_pool_new(void);

/* NULL is allowed. */
void fdar_jit_map_pool_free(struct fdar_jit_map_pool *pool);

/* inner: the process's number as it sees itself. before: the map of the process that it was forked from,
 * whose code it has, too; NULL: none. The caller owns the result (fdar_jit_map_unref). */
struct fdar_jit_map *fdar_jit_map_new(struct fdar_jit_map_pool *pool, pid_t pid, uint32_t inner,
				      struct fdar_jit_map *before);
struct fdar_jit_map *fdar_jit_map_ref(struct fdar_jit_map *map);

/* NULL is allowed. */
void fdar_jit_map_unref(struct fdar_jit_map *map);

/* Takes what comes next in the file; its last line may be unfinished. */
void fdar_jit_map_add(struct fdar_jit_map *map, const char *text, gsize length);

/* The function that an address is in now. NULL: nobody has said. The map's, until it is asked again. */
const char *fdar_jit_map_name(struct fdar_jit_map *map, uint64_t address);

#endif
