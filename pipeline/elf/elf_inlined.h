/*
 * How many functions of a program's source are functions in its binary, by its debug information.
 *
 * Place in the house: for files that the user himself builds and runs, so in this process, as elf_facts.h.
 * What headers of the system (below /usr/) define is not of the program's source. A function that is in
 * several files, as those of headers, is one.
 */
#ifndef FDAR_PIPELINE_ELF_ELF_INLINED_H
#define FDAR_PIPELINE_ELF_ELF_INLINED_H

#include <glib.h>

struct fdar_elf_inlined {
	guint functions; /* that have code of their own */
	guint inlined;   /* that have none: their code is in others */
};

/* FALSE: the file is no ELF file, or has no debug information, here or separate. */
gboolean fdar_elf_inlined_read(const char *path, struct fdar_elf_inlined *inlined);

#endif
