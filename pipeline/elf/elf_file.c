#include "pipeline/elf/elf_file.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <unistd.h>

struct fdar_elf_file {
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwarf_Addr start;
};

struct fdar_elf_file *fdar_elf_file_open(int fd, const char *path)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	struct fdar_elf_file file = { .dwfl = dwfl_begin(&callbacks) };

	if (file.dwfl) {
		file.module = dwfl_report_offline(file.dwfl, "", path, fd);
		dwfl_report_end(file.dwfl, NULL, NULL);
	}
	if (!file.module) { /* then the descriptor is still ours */
		close(fd);
		if (file.dwfl)
			dwfl_end(file.dwfl);
		return NULL;
	}
	dwfl_module_info(file.module, NULL, &file.start, NULL, NULL, NULL, NULL, NULL);
	return g_memdup2(&file, sizeof(file));
}

char *fdar_elf_file_build_id(const struct fdar_elf_file *file)
{
	const unsigned char *bits = NULL;
	GElf_Addr address;
	int length = dwfl_module_build_id(file->module, &bits, &address);
	GString *text = g_string_new(NULL);

	for (int i = 0; i < length; i++)
		g_string_append_printf(text, "%02x", bits[i]);
	return g_string_free(text, FALSE);
}

char *fdar_elf_file_soname(const struct fdar_elf_file *file)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(file->module, &bias);
	Elf_Scn *section = NULL;

	while (elf && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;
		GElf_Dyn entry;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
			if (entry.d_tag == DT_SONAME)
				return g_strdup(elf_strptr(elf, header.sh_link, entry.d_un.d_val));
	}
	return NULL;
}

const char *fdar_elf_file_function(const struct fdar_elf_file *file, uint64_t offset)
{
	GElf_Sym symbol;
	GElf_Off distance;

	return dwfl_module_addrinfo(file->module, file->start + offset, &distance, &symbol, NULL,
				    NULL, NULL);
}

const char *fdar_elf_file_line(const struct fdar_elf_file *file, uint64_t offset, int *line)
{
	Dwfl_Line *found = dwfl_module_getsrc(file->module, file->start + offset);

	return found ? dwfl_lineinfo(found, NULL, line, NULL, NULL, NULL) : NULL;
}

void fdar_elf_file_functions(const struct fdar_elf_file *file, fdar_elf_file_take_fn take,
			     void *user)
{
	int count = dwfl_module_getsymtab(file->module);

	for (int i = 1; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		GElf_Word section;
		const char *name = dwfl_module_getsym_info(file->module, i, &symbol, &address,
							   &section, NULL, NULL);
		int type = GELF_ST_TYPE(symbol.st_info);

		if (name && *name && section != SHN_UNDEF && address >= file->start &&
		    (type == STT_FUNC || type == STT_GNU_IFUNC))
			take(address - file->start, symbol.st_size, name, user);
	}
}

void fdar_elf_file_close(struct fdar_elf_file *file)
{
	dwfl_end(file->dwfl);
	g_free(file);
}
