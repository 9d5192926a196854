/* Modules: modules.h. Files are read by system call: the libc functions may be wrapped. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "patching/modules.h"
#include "provider/aside.h"

#define SECTION    "__patchable_function_entries"
#define PATH_BYTES 4096u

struct listing {
	struct fdar_module_found *found;
	size_t count, room;
	bool failed;
};

static int take_counts(struct dl_phdr_info *info, size_t size, void *user)
{
	struct fdar_modules_counts *counts = user;

	(void)size;
	counts->added = info->dlpi_adds;
	counts->removed = info->dlpi_subs;
	return 1;
}

struct fdar_modules_counts fdar_modules_counts(void)
{
	struct fdar_modules_counts counts = { 0, 0 };

	dl_iterate_phdr(take_counts, &counts);
	return counts;
}

static char *path_of(const char *name)
{
	char path[PATH_BYTES];
	ssize_t length;

	if (name[0])
		return strdup(name);
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	return strdup(path);
}

static int take_module(struct dl_phdr_info *info, size_t size, void *user)
{
	struct listing *listing = user;
	struct fdar_module_found *found;

	(void)size;
	if (info->dlpi_phnum > FDAR_MODULE_SEGMENTS)
		return 0;
	if (listing->count == listing->room) {
		found = realloc(listing->found, (listing->room + 32) * sizeof(*found));
		if (!found) {
			listing->failed = true;
			return 1;
		}
		listing->found = found;
		listing->room += 32;
	}
	found = &listing->found[listing->count];
	memset(found, 0, sizeof(*found));
	found->path = path_of(info->dlpi_name);
	if (!found->path) {
		listing->failed = true;
		return 1;
	}
	found->base = info->dlpi_addr;
	found->headers = info->dlpi_phdr;
	found->segments_count = info->dlpi_phnum;
	memcpy(found->segments, info->dlpi_phdr, info->dlpi_phnum * sizeof(ElfW(Phdr)));
	listing->count++;
	return 0;
}

struct fdar_module_found *fdar_modules_list(size_t *count)
{
	struct listing listing = { NULL, 0, 0, false };

	dl_iterate_phdr(take_module, &listing);
	if (listing.failed) {
		fdar_modules_free(listing.found, listing.count);
		listing.found = NULL;
		listing.count = 0;
	}
	*count = listing.count;
	return listing.found;
}

void fdar_modules_free(struct fdar_module_found *found, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(found[i].path);
	free(found);
}

const ElfW(Phdr) * fdar_module_segment(const struct fdar_module_found *module, uintptr_t address,
				       size_t bytes, unsigned flags)
{
	uintptr_t offset = address - module->base;

	for (size_t i = 0; i < module->segments_count; i++) {
		const ElfW(Phdr) *segment = &module->segments[i];

		if (segment->p_type == PT_LOAD && (segment->p_flags & flags) == flags &&
		    offset >= segment->p_vaddr && bytes <= segment->p_memsz &&
		    offset - segment->p_vaddr <= segment->p_memsz - bytes)
			return segment;
	}
	return NULL;
}

/* All of bytes at offset of the file. */
static bool read_at(int fd, void *to, size_t bytes, uint64_t offset)
{
	return offset <= (uint64_t)INT64_MAX - bytes &&
	       syscall(SYS_pread64, fd, to, bytes, (long)offset) == (long)bytes;
}

static bool same_segments(int fd, const ElfW(Ehdr) * header, const struct fdar_module_found *module)
{
	ElfW(Phdr) segments[FDAR_MODULE_SEGMENTS];
	size_t bytes = module->segments_count * sizeof(segments[0]);

	return header->e_phentsize == sizeof(segments[0]) &&
	       header->e_phnum == module->segments_count &&
	       read_at(fd, segments, bytes, header->e_phoff) &&
	       memcmp(segments, module->segments, bytes) == 0;
}

static bool named_so(int fd, const ElfW(Shdr) * names, const ElfW(Shdr) * section)
{
	char name[sizeof(SECTION)];

	return section->sh_name <= names->sh_size &&
	       sizeof(name) <= names->sh_size - section->sh_name &&
	       names->sh_offset <= (uint64_t)INT64_MAX - section->sh_name &&
	       read_at(fd, name, sizeof(name), names->sh_offset + section->sh_name) &&
	       memcmp(name, SECTION, sizeof(name)) == 0;
}

static bool find_section(int fd, const ElfW(Ehdr) * header, struct fdar_module_found *module)
{
	size_t count = header->e_shnum;
	ElfW(Shdr) names, section;

	if (header->e_shentsize != sizeof(section) || header->e_shstrndx >= count ||
	    header->e_shoff > (uint64_t)INT64_MAX / 2 ||
	    !read_at(fd, &names, sizeof(names),
		     header->e_shoff + (uint64_t)header->e_shstrndx * sizeof(names)))
		return false;
	for (size_t i = 1; i < count; i++) {
		if (!read_at(fd, &section, sizeof(section), header->e_shoff + i * sizeof(section)))
			return false;
		if (section.sh_type != SHT_PROGBITS || !(section.sh_flags & SHF_ALLOC) ||
		    !named_so(fd, &names, &section))
			continue;
		module->entries = module->base + section.sh_addr;
		module->entries_count = section.sh_size / sizeof(uintptr_t);
		return module->entries % sizeof(uintptr_t) == 0 && module->entries_count > 0 &&
		       fdar_module_segment(module, module->entries, section.sh_size, PF_R) != NULL;
	}
	return false;
}

bool fdar_module_entries(struct fdar_module_found *module)
{
	ElfW(Ehdr) header;
	int fd = fdar_aside_open(module->path, O_RDONLY | O_NOCTTY, 0);
	bool found;

	if (fd < 0)
		return false;
	found = read_at(fd, &header, sizeof(header), 0) &&
		memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
		header.e_ident[EI_CLASS] == ELFCLASS64 && same_segments(fd, &header, module) &&
		find_section(fd, &header, module);
	syscall(SYS_close, fd);
	return found;
}

struct wanted {
	uintptr_t base;
	const ElfW(Phdr) * headers;
	void (*act)(void *user);
	void *user;
};

static int act_on(struct dl_phdr_info *info, size_t size, void *user)
{
	const struct wanted *wanted = user;

	(void)size;
	if (info->dlpi_addr != wanted->base || info->dlpi_phdr != wanted->headers)
		return 0;
	wanted->act(wanted->user);
	return 1;
}

bool fdar_modules_with(uintptr_t base, const ElfW(Phdr) * headers, void (*act)(void *user),
		       void *user)
{
	struct wanted wanted = { base, headers, act, user };

	return dl_iterate_phdr(act_on, &wanted) != 0;
}
