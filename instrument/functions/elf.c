#include "functions/elf.h"

#include <elf.h>
#include <string.h>

/* The file, and its section headers, which may lie anywhere in it. */
struct file {
	const uint8_t *bytes;
	size_t length;
	Elf64_Ehdr head;
};

/* A symbol table and its names. */
struct symbols {
	const uint8_t *entries;
	size_t count;
	const char *names;
	size_t names_length; /* the last is ended */
};

static bool range_fits(const struct file *file, uint64_t offset, uint64_t length)
{
	return offset <= file->length && length <= file->length - offset;
}

static bool file_open(struct file *file, const uint8_t *bytes, size_t length)
{
	const int order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

	file->bytes = bytes;
	file->length = length;
	if (length < sizeof(file->head))
		return false;
	memcpy(&file->head, bytes, sizeof(file->head));
	return memcmp(file->head.e_ident, ELFMAG, SELFMAG) == 0 &&
	       file->head.e_ident[EI_CLASS] == ELFCLASS64 && file->head.e_ident[EI_DATA] == order &&
	       file->head.e_shentsize == sizeof(Elf64_Shdr) &&
	       range_fits(file, file->head.e_shoff,
			  (uint64_t)file->head.e_shnum * sizeof(Elf64_Shdr));
}

static Elf64_Shdr section_get(const struct file *file, size_t index)
{
	Elf64_Shdr section;

	memcpy(&section, file->bytes + file->head.e_shoff + index * sizeof(section),
	       sizeof(section));
	return section;
}

/* The first symbol table of a type. */
static bool symbols_find(const struct file *file, uint32_t type, struct symbols *symbols)
{
	for (size_t i = 0; i < file->head.e_shnum; i++) {
		Elf64_Shdr table = section_get(file, i), names;

		if (table.sh_type != type || table.sh_entsize != sizeof(Elf64_Sym) ||
		    table.sh_link >= file->head.e_shnum ||
		    !range_fits(file, table.sh_offset, table.sh_size))
			continue;
		names = section_get(file, table.sh_link);
		if (names.sh_type != SHT_STRTAB || names.sh_size == 0 ||
		    !range_fits(file, names.sh_offset, names.sh_size) ||
		    file->bytes[names.sh_offset + names.sh_size - 1] != 0)
			continue;
		symbols->entries = file->bytes + table.sh_offset;
		symbols->count = table.sh_size / sizeof(Elf64_Sym);
		symbols->names = (const char *)file->bytes + names.sh_offset;
		symbols->names_length = names.sh_size;
		return true;
	}
	return false;
}

static Elf64_Sym symbol_get(const struct symbols *symbols, size_t index)
{
	Elf64_Sym symbol;

	memcpy(&symbol, symbols->entries + index * sizeof(symbol), sizeof(symbol));
	return symbol;
}

static const char *symbol_name(const struct symbols *symbols, const Elf64_Sym *symbol)
{
	return symbol->st_name < symbols->names_length ? symbols->names + symbol->st_name : "";
}

bool fdar_elf_functions(const uint8_t *bytes, size_t length, fdar_elf_visit_fn visit, void *data)
{
	const char *source = NULL;
	struct symbols symbols;
	struct file file;

	if (!file_open(&file, bytes, length) || (!symbols_find(&file, SHT_SYMTAB, &symbols) &&
						 !symbols_find(&file, SHT_DYNSYM, &symbols)))
		return false;
	for (size_t i = 0; i < symbols.count; i++) {
		Elf64_Sym symbol = symbol_get(&symbols, i);
		unsigned type = ELF64_ST_TYPE(symbol.st_info);
		bool local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
		const char *name = symbol_name(&symbols, &symbol);

		if (type == STT_FILE)
			source = name[0] ? name : NULL;
		if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF ||
		    !name[0])
			continue;
		visit(&(struct fdar_elf_function){ name, local ? source : NULL, symbol.st_value,
						   symbol.st_size },
		      data);
	}
	return true;
}

bool fdar_elf_imports(const uint8_t *bytes, size_t length, const char *name)
{
	struct symbols symbols;
	struct file file;

	if (!file_open(&file, bytes, length) || !symbols_find(&file, SHT_DYNSYM, &symbols))
		return false;
	for (size_t i = 0; i < symbols.count; i++) {
		Elf64_Sym symbol = symbol_get(&symbols, i);

		if (symbol.st_shndx == SHN_UNDEF &&
		    strcmp(symbol_name(&symbols, &symbol), name) == 0)
			return true;
	}
	return false;
}
