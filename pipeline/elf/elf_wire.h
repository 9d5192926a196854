/*
 * What the reader of ELF files and its child say to each other: a message a request, one an answer,
 * but many of a list.
 *
 * Place in the house: between elf_reader.c and elf_child.c only.
 */
#ifndef FDAR_PIPELINE_ELF_ELF_WIRE_H
#define FDAR_PIPELINE_ELF_ELF_WIRE_H

#include <stdint.h>

#include "pipeline/elf/elf_reader.h"

enum fdar_elf_word {
	FDAR_ELF_OPEN, /* with a descriptor; text: the path */
	FDAR_ELF_BUILD_ID,
	FDAR_ELF_SONAME,
	FDAR_ELF_FUNCTION,
	FDAR_ELF_LINE,
	FDAR_ELF_LIST
};

/* Both ways; only the text's bytes that there are go along. */
struct fdar_elf_message {
	uint32_t word; /* of an answer: 1, there is one */
	uint32_t file;
	uint64_t offset; /* of a list's item: its own */
	uint64_t bytes;
	int32_t line;
	uint32_t length;
	char text[FDAR_ELF_TEXT_MAX + 1];
};

/* In the child: until the other side closes. */
void fdar_elf_child_serve(int socket);

#endif
