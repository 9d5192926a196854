/*
 * The kernel's functions by address (/proc/kallsyms), where it shows them.
 *
 * Place in the house: under sampler.c.
 */
#ifndef FDAR_PIPELINE_SAMPLES_KALLSYMS_H
#define FDAR_PIPELINE_SAMPLES_KALLSYMS_H

#include <glib.h>
#include <stdint.h>

struct fdar_kallsyms;

/* Never NULL; empty where addresses are hidden. path: NULL is the kernel's own. */
struct fdar_kallsyms *fdar_kallsyms_read(const char *path);

/* The function around the address; NULL: not known. */
const char *fdar_kallsyms_name(const struct fdar_kallsyms *kallsyms, uint64_t address);

/* NULL is allowed. */
void fdar_kallsyms_free(struct fdar_kallsyms *kallsyms);

#endif
