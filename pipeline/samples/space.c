#include "pipeline/samples/space.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/elf/entry.h"
#include "pipeline/elf/fde.h"
#include "pipeline/elf/go_names.h"

#define VDSO           "[vdso]"
#define VDSO_BYTES_MAX (64u << 10)
#define MAPS_MAX       4096u /* of a process that maps and maps: the rest is generated code to us */

struct map {
	uint64_t start, end, page_offset, inode;
	char *path;
	pid_t pid;         /* through whose root the path leads to the file */
	gboolean reported; /* to dwfl */
};

struct fdar_space {
	guint references;
	GArray *maps; /* of struct map, no two over one another */
	Dwfl *dwfl;   /* NULL: not needed yet */
	gboolean attached, all_reported;
	GHashTable *functions;          /* address -> function + 1 */
	struct fdar_space_stack *stack; /* that is being unwound */
};

static void map_clear(gpointer data)
{
	g_free(((struct map *)data)->path);
}

struct fdar_space *fdar_space_new(void)
{
	struct fdar_space *space = g_new0(struct fdar_space, 1);

	space->references = 1;
	space->maps = g_array_new(FALSE, FALSE, sizeof(struct map));
	g_array_set_clear_func(space->maps, map_clear);
	space->functions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return space;
}

struct fdar_space *fdar_space_ref(struct fdar_space *space)
{
	space->references++;
	return space;
}

void fdar_space_unref(struct fdar_space *space)
{
	if (!space || --space->references)
		return;
	if (space->dwfl)
		dwfl_end(space->dwfl);
	g_hash_table_unref(space->functions);
	g_array_unref(space->maps);
	g_free(space);
}

/* ---- what is mapped ---- */

static struct map *map_at(const struct fdar_space *space, guint index)
{
	return &g_array_index(space->maps, struct map, index);
}

static gboolean is_over(const struct map *map, uint64_t start, uint64_t end)
{
	return map->start < end && start < map->end;
}

static gboolean is_same(const struct map *map, const struct fdar_perf_record *mapped)
{
	return map->start - map->page_offset == mapped->start - mapped->page_offset &&
	       map->inode == mapped->inode && strcmp(map->path, mapped->path) == 0;
}

/* What was known of it is of what is gone. */
static void forget(struct fdar_space *space)
{
	if (space->dwfl)
		dwfl_end(space->dwfl);
	space->dwfl = NULL;
	space->attached = FALSE;
	g_hash_table_remove_all(space->functions);
	for (guint i = 0; i < space->maps->len; i++)
		map_at(space, i)->reported = FALSE;
}

static struct fdar_space *copy(const struct fdar_space *space)
{
	struct fdar_space *made = fdar_space_new();

	for (guint i = 0; i < space->maps->len; i++) {
		struct map map = *map_at(space, i);

		map.path = g_strdup(map.path);
		map.reported = FALSE;
		g_array_append_val(made->maps, map);
	}
	return made;
}

static void add(struct fdar_space *space, pid_t pid, const struct fdar_perf_record *mapped)
{
	struct map map = { .start = mapped->start,
			   .end = mapped->end,
			   .page_offset = mapped->page_offset,
			   .inode = mapped->inode,
			   .pid = pid };

	if (space->maps->len == MAPS_MAX)
		return;
	map.path = g_strdup(mapped->path);
	g_array_append_val(space->maps, map);
	space->all_reported = FALSE;
}

struct fdar_space *fdar_space_map(struct fdar_space *space, pid_t pid,
				  const struct fdar_perf_record *mapped)
{
	gboolean other = FALSE;

	for (guint i = 0; i < space->maps->len; i++) {
		const struct map *map = map_at(space, i);

		if (!is_over(map, mapped->start, mapped->end))
			continue;
		if (is_same(map, mapped) && mapped->end <= map->end)
			return space;
		other = other || !is_same(map, mapped);
	}
	if (other && space->references > 1) {
		space->references--;
		space = copy(space);
	}
	if (other) {
		for (guint i = space->maps->len; i > 0; i--)
			if (is_over(map_at(space, i - 1), mapped->start, mapped->end))
				g_array_remove_index_fast(space->maps, i - 1);
		forget(space);
	}
	add(space, pid, mapped);
	return space;
}

void fdar_space_map_all(struct fdar_space *space, pid_t pid)
{
	char name[64], line[4096], rights[8], path[4096];
	unsigned long long start, end, offset, inode;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	file = fopen(name, "re");
	while (file && fgets(line, sizeof(line), file)) {
		struct fdar_perf_record mapped = { .path = path };

		path[0] = '\0';
		if (sscanf(line, "%llx-%llx %7s %llx %*s %llu %4095[^\n]", &start, &end, rights,
			   &offset, &inode, path) < 5 ||
		    !strchr(rights, 'x'))
			continue;
		mapped.start = start;
		mapped.end = end;
		mapped.page_offset = offset;
		mapped.inode = inode;
		add(space, pid, &mapped);
	}
	if (file)
		fclose(file);
}

/* ---- its binaries ---- */

/* The kernel maps the same one into each process. */
static int open_vdso(void)
{
	const uint8_t *vdso = (const uint8_t *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	size_t length = 0;
	GElf_Ehdr head;
	int fd;

	if (!vdso)
		return -1;
	memcpy(&head, vdso, sizeof(head));
	length = head.e_shoff + (size_t)head.e_shnum * head.e_shentsize;
	fd = length <= VDSO_BYTES_MAX ? memfd_create("vdso", MFD_CLOEXEC) : -1;
	if (fd >= 0 && write(fd, vdso, length) != (ssize_t)length) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A file that is not the one that was mapped (replaced since) would give wrong names: none is better. */
static int open_file(const struct map *map)
{
	g_autofree char *inside = NULL;
	struct stat status;
	int fd;

	if (strcmp(map->path, VDSO) == 0)
		return open_vdso();
	if (map->path[0] != '/' || g_str_has_prefix(map->path, "//"))
		return -1;
	inside = g_strdup_printf("/proc/%d/root%s", (int)map->pid, map->path);
	fd = open(inside, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fd = open(map->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    (!map->inode || status.st_ino == map->inode))
		return fd;
	close(fd);
	return -1;
}

/* By how much the file's addresses are moved. */
static gboolean find_bias(int fd, const struct map *map, uint64_t *bias)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	size_t count = 0;
	gboolean found = FALSE;
	GElf_Phdr phdr;

	if (elf && elf_getphdrnum(elf, &count) != 0)
		count = 0;
	for (size_t i = 0; i < count && !found; i++) {
		if (!gelf_getphdr(elf, (int)i, &phdr) || phdr.p_type != PT_LOAD ||
		    !(phdr.p_flags & PF_X) || phdr.p_offset + phdr.p_filesz <= map->page_offset ||
		    phdr.p_offset >= map->page_offset + (map->end - map->start))
			continue;
		*bias = map->start + phdr.p_offset - map->page_offset - phdr.p_vaddr;
		found = TRUE;
	}
	elf_end(elf);
	return found;
}

static void report(struct fdar_space *space, struct map *map)
{
	const char *slash = strrchr(map->path, '/');
	uint64_t bias = 0;
	int fd = open_file(map);

	map->reported = TRUE;
	if (fd < 0)
		return;
	/* It takes the descriptor, when it takes the file. */
	if (!find_bias(fd, map, &bias) ||
	    !dwfl_report_elf(space->dwfl, slash ? slash + 1 : map->path, map->path, fd, bias, true))
		close(fd);
}

static int find_no_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
		       char **file_name, Elf **elf)
{
	(void)module;
	(void)data;
	(void)name;
	(void)base;
	(void)file_name;
	(void)elf;
	return -1;
}

/* Separate debug files that are here. A server of them would be asked while samples wait. */
static int find_debug_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			   const char *file, const char *link, GElf_Word crc, char **found)
{
	if (g_getenv("DEBUGINFOD_URLS"))
		return dwfl_build_id_find_debuginfo(module, data, name, base, file, link, crc,
						    found);
	return dwfl_standard_find_debuginfo(module, data, name, base, file, link, crc, found);
}

static void report_all(struct fdar_space *space)
{
	static char *debuginfo_path = NULL; /* libdwfl's: the standard one */
	static const Dwfl_Callbacks callbacks = {
		.find_elf = find_no_elf,
		.find_debuginfo = find_debug_file,
		.debuginfo_path = &debuginfo_path,
	};

	if (space->all_reported)
		return;
	space->all_reported = TRUE;
	if (!space->dwfl)
		space->dwfl = dwfl_begin(&callbacks);
	if (!space->dwfl)
		return;
	elf_version(EV_CURRENT);
	dwfl_report_begin_add(space->dwfl);
	for (guint i = 0; i < space->maps->len; i++)
		if (!map_at(space, i)->reported)
			report(space, map_at(space, i));
	dwfl_report_end(space->dwfl, NULL, NULL);
}

/* ---- unwinding ---- */

static pid_t next_thread(Dwfl *dwfl, void *user, void **thread)
{
	(void)dwfl;
	if (*thread)
		return 0;
	*thread = user;
	return 1;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *user, void **thread)
{
	(void)dwfl;
	(void)tid;
	*thread = user;
	return true;
}

/* What is not in the copy ends the stack, which elfutils does not tell from the end of a thread. */
static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *value, void *user)
{
	struct fdar_space_stack *stack = ((struct fdar_space *)user)->stack;
	uint64_t offset = address - stack->registers[7]; /* rsp */

	(void)dwfl;
	if (stack->length < sizeof(*value) || offset > stack->length - sizeof(*value)) {
		stack->cut = TRUE;
		return false;
	}
	memcpy(value, stack->bytes + offset, sizeof(*value));
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *user)
{
	const struct fdar_space *space = user;
	Dwarf_Word registers[FDAR_PERF_REGISTERS];

	for (guint i = 0; i < FDAR_PERF_REGISTERS; i++)
		registers[i] = space->stack->registers[i];
	return dwfl_thread_state_registers(thread, 0, FDAR_PERF_REGISTERS, registers);
}

static int on_frame(Dwfl_Frame *state, void *user)
{
	struct fdar_space_stack *stack = ((struct fdar_space *)user)->stack;
	Dwarf_Addr address;
	bool is_activation;

	if (!dwfl_frame_pc(state, &address, &is_activation))
		return DWARF_CB_ABORT;
	if (stack->count == FDAR_SAMPLES_DEPTH_MAX) {
		stack->cut = TRUE;
		return DWARF_CB_ABORT;
	}
	/* A call may be the last thing in its function: what is behind it is another's. */
	stack->address[stack->count++] = is_activation ? address : address - 1;
	return DWARF_CB_OK;
}

/* Whether the outermost function is one that nobody has called. */
static gboolean is_whole(const struct fdar_space *space, const struct fdar_space_stack *stack)
{
	uint64_t address = stack->address[stack->count - 1];
	Dwfl_Module *module = dwfl_addrmodule(space->dwfl, address);
	GElf_Addr bias = 0;
	Elf *elf = module ? dwfl_module_getelf(module, &bias) : NULL;

	return elf && fdar_entry_is(elf, address - bias);
}

void fdar_space_unwind(struct fdar_space *space, struct fdar_space_stack *stack)
{
	static const Dwfl_Thread_Callbacks callbacks = {
		.next_thread = next_thread,
		.get_thread = get_thread,
		.memory_read = read_memory,
		.set_initial_registers = set_registers,
	};

	report_all(space);
	stack->count = 0;
	stack->cut = FALSE;
	space->stack = stack;
	if (space->dwfl && !space->attached)
		space->attached = dwfl_attach_state(space->dwfl, NULL, 1, &callbacks, space);
	if (!space->attached || dwfl_getthread_frames(space->dwfl, 1, on_frame, space) != 0)
		stack->cut = TRUE;
	if (stack->cut && stack->count && is_whole(space, stack))
		stack->cut = FALSE;
	space->stack = NULL;
	if (!stack->count) /* where it was is known at least */
		stack->address[stack->count++] = stack->registers[16];
}

/* ---- names ---- */

static char *build_id_of(Dwfl_Module *module)
{
	const unsigned char *bits;
	GElf_Addr address;
	int length = dwfl_module_build_id(module, &bits, &address);
	GString *text = g_string_new(NULL);

	for (int i = 0; i < length; i++)
		g_string_append_printf(text, "%02x", bits[i]);
	return g_string_free(text, FALSE);
}

/* Without the version that a dynamic symbol's name ends with. */
static char *symbol_name(const char *text)
{
	const char *version = text[0] ? strchr(text + 1, '@') : NULL;

	return version ? g_strndup(text, (gsize)(version - text)) : g_strdup(text);
}

static uint32_t in_module(Dwfl_Module *module, struct fdar_samples *samples, uint64_t address)
{
	const char *binary = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	g_autofree char *build_id = build_id_of(module), *name = NULL;
	GElf_Off offset = 0;
	GElf_Sym symbol;
	GElf_Addr bias = 0;
	const char *known =
		dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
	Elf *elf = dwfl_module_getelf(module, &bias);
	uint64_t start = address - bias, begin = 0;
	gboolean has_fde = elf && fdar_fde_start(elf, address - bias, &start);

	/* The nearest symbol may be another function's: the tables say where this one begins. */
	if (elf && (!known || offset >= symbol.st_size))
		name = fdar_go_name(elf, address - bias, &begin);
	if (!name && known && (offset < symbol.st_size || (!symbol.st_size && !has_fde))) {
		name = symbol_name(known);
		begin = address - bias - offset;
	}
	if (name)
		return fdar_samples_function(samples, FDAR_SAMPLE_NAMED, name, binary, build_id,
					     begin);
	/* Of code that no table knows it is known in which binary it is. */
	name = has_fde ? g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", binary, start)
		       : g_strdup(binary);
	return fdar_samples_function(samples, FDAR_SAMPLE_UNNAMED, name, binary, build_id,
				     has_fde ? start : 0);
}

static uint32_t find_function(struct fdar_space *space, struct fdar_samples *samples,
			      uint64_t address)
{
	Dwfl_Module *module;

	report_all(space);
	module = space->dwfl ? dwfl_addrmodule(space->dwfl, address) : NULL;
	if (module)
		return in_module(module, samples, address);
	for (guint i = 0; i < space->maps->len; i++) {
		const struct map *map = map_at(space, i);
		const char *slash = strrchr(map->path, '/');

		if (address < map->start || address >= map->end)
			continue;
		if (map->inode && slash)
			return fdar_samples_function(samples, FDAR_SAMPLE_UNNAMED, slash + 1,
						     slash + 1, "", 0);
		return fdar_samples_function(samples, FDAR_SAMPLE_GENERATED, "generated code", "",
					     "", 0);
	}
	return fdar_samples_function(samples, FDAR_SAMPLE_UNNAMED, "?", "", "", 0);
}

uint32_t fdar_space_function(struct fdar_space *space, struct fdar_samples *samples,
			     uint64_t address)
{
	gint64 key = (gint64)address;
	gpointer known = g_hash_table_lookup(space->functions, &key);
	uint32_t function;

	if (known)
		return GPOINTER_TO_UINT(known) - 1;
	function = find_function(space, samples, address);
	if (function != G_MAXUINT32)
		g_hash_table_insert(space->functions, g_memdup2(&key, sizeof(key)),
				    GUINT_TO_POINTER(function + 1));
	return function;
}
