#include "pipeline/elf/elf_facts.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

static void facts_of_segment(Elf *elf, const GElf_Phdr *segment, struct fdar_elf_facts *facts)
{
	size_t size = 0;
	const char *file = elf_rawfile(elf, &size), *name;

	if (segment->p_type != PT_INTERP)
		return;
	facts->interpreted = TRUE;
	if (!file || segment->p_offset >= size || segment->p_filesz > size - segment->p_offset)
		return;
	name = file + segment->p_offset;
	facts->musl = g_strstr_len(name, (gssize)segment->p_filesz, "ld-musl") != NULL;
}

static void facts_of_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
			     struct fdar_elf_facts *facts)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		const char *name;

		if (entry.d_tag != DT_NEEDED)
			continue;
		name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
		if (name && !facts->first && g_str_has_prefix(name, "libasan.so"))
			facts->first = g_strdup(name);
		if (name && g_str_has_prefix(name, "liburing"))
			facts->io_uring = TRUE;
	}
}

static void facts_of_sections(Elf *elf, struct fdar_elf_facts *facts)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name &&
		    (strcmp(name, ".go.buildinfo") == 0 || strcmp(name, ".note.go.buildid") == 0))
			facts->go = TRUE;
		if (header.sh_type == SHT_DYNAMIC)
			facts_of_dynamic(elf, section, &header, facts);
	}
}

/* Of this very program, which the libraries were built with. */
static gboolean same_kind(const GElf_Ehdr *header)
{
	gboolean same = FALSE;
	Elf *own;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	GElf_Ehdr ours;

	if (fd < 0)
		return TRUE;
	own = elf_begin(fd, ELF_C_READ, NULL);
	same = !own || !gelf_getehdr(own, &ours) ||
	       (ours.e_machine == header->e_machine &&
		ours.e_ident[EI_CLASS] == header->e_ident[EI_CLASS]);
	elf_end(own);
	close(fd);
	return same;
}

gboolean fdar_elf_facts_read(int fd, struct fdar_elf_facts *facts)
{
	Elf *elf;
	GElf_Ehdr header;
	size_t segments = 0;
	gboolean known;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	known = elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) != NULL &&
		elf_getphdrnum(elf, &segments) == 0;
	for (size_t i = 0; known && i < segments && i <= G_MAXINT; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment))
			break;
		facts_of_segment(elf, &segment, facts);
	}
	if (known) {
		facts->other_kind = !same_kind(&header);
		facts_of_sections(elf, facts);
	}
	elf_end(elf);
	return known;
}
