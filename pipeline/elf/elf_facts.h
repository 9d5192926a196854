/*
 * What an ELF file says of the program that it is: who loads it, what it was made of.
 *
 * Place in the house: for files that the user himself wants to run, so in this process; what a trace
 * names is read by elf_reader.h in a process of its own.
 */
#ifndef FDAR_PIPELINE_ELF_ELF_FACTS_H
#define FDAR_PIPELINE_ELF_ELF_FACTS_H

#include <glib.h>

struct fdar_elf_facts {
	gboolean other_kind;  /* 32 bits, or of another processor, than this program is */
	gboolean interpreted; /* has a dynamic linker */
	gboolean musl;        /* musl's */
	gboolean go;
	gboolean io_uring; /* needs liburing */
	char *first; /* a library that must be loaded first; NULL: none. The caller frees it */
};

/* facts must be all 0. FALSE: the file is no program of the ELF kind. fd stays the caller's. */
gboolean fdar_elf_facts_read(int fd, struct fdar_elf_facts *facts);

#endif
