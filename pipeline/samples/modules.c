#include "pipeline/samples/modules.h"

#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/elf/entry.h"
#include "pipeline/elf/fde.h"
#include "pipeline/elf/go_names.h"

#define START_TEXT 20 /* of "+0x" and a number */

struct fdar_modules {
	Dwfl *dwfl;
	gboolean attached;
	struct fdar_space_stack *stack; /* that is being unwound */
	volatile uint32_t *suspect;
};

/* ---- files ---- */

/* By how much the file's addresses are moved. */
static gboolean find_bias(int fd, const struct fdar_modules_map *map, uint64_t *bias)
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

struct fdar_modules *fdar_modules_new(volatile uint32_t *suspect)
{
	static char *debuginfo_path = NULL; /* libdwfl's: the standard one */
	static const Dwfl_Callbacks callbacks = {
		.find_elf = find_no_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.debuginfo_path = &debuginfo_path,
	};
	struct fdar_modules *modules = g_new0(struct fdar_modules, 1);

	elf_version(EV_CURRENT);
	modules->suspect = suspect;
	modules->dwfl = dwfl_begin(&callbacks);
	return modules;
}

void fdar_modules_free(struct fdar_modules *modules)
{
	if (modules->dwfl)
		dwfl_end(modules->dwfl);
	g_free(modules);
}

/* What is read next is of this file. NULL: there is none. */
static Dwfl_Module *module_at(const struct fdar_modules *modules, uint64_t address)
{
	Dwfl_Module *module = modules->dwfl ? dwfl_addrmodule(modules->dwfl, address) : NULL;
	void **user = NULL;

	if (module)
		dwfl_module_info(module, &user, NULL, NULL, NULL, NULL, NULL, NULL);
	*modules->suspect = user ? GPOINTER_TO_UINT(*user) : 0;
	return module;
}

/* A file that is mapped executable in two pieces is one module; elfutils takes it away when it hears of it again. */
static gboolean is_reported(const struct fdar_modules *modules, const struct fdar_modules_map *map,
			    uint32_t number)
{
	return module_at(modules, map->start) && *modules->suspect == number;
}

static void report(struct fdar_modules *modules, const struct fdar_modules_map *map,
		   uint32_t number, int fd)
{
	const char *slash = strrchr(map->path, '/');
	uint64_t bias = 0;
	Dwfl_Module *module = NULL;
	void **user = NULL;

	if (find_bias(fd, map, &bias))
		module = dwfl_report_elf(modules->dwfl, slash ? slash + 1 : map->path, map->path,
					 fd, bias, true);
	/* It takes the descriptor, when it takes the file. */
	if (!module)
		close(fd);
	else if (dwfl_module_info(module, &user, NULL, NULL, NULL, NULL, NULL, NULL) && user)
		*user = GUINT_TO_POINTER(number);
}

void fdar_modules_map(struct fdar_modules *modules, const struct fdar_modules_map *map,
		      uint32_t number, int fd)
{
	if (!modules->dwfl || is_reported(modules, map, number)) {
		close(fd);
		return;
	}
	*modules->suspect = number;
	dwfl_report_begin_add(modules->dwfl);
	report(modules, map, number, fd);
	dwfl_report_end(modules->dwfl, NULL, NULL);
	*modules->suspect = 0;
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
	struct fdar_space_stack *stack = ((struct fdar_modules *)user)->stack;
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
	const struct fdar_modules *modules = user;
	Dwarf_Word registers[FDAR_PERF_REGISTERS];

	for (guint i = 0; i < FDAR_PERF_REGISTERS; i++)
		registers[i] = modules->stack->registers[i];
	return dwfl_thread_state_registers(thread, 0, FDAR_PERF_REGISTERS, registers);
}

static int on_frame(Dwfl_Frame *state, void *user)
{
	struct fdar_modules *modules = user;
	struct fdar_space_stack *stack = modules->stack;
	Dwarf_Addr address;
	bool is_activation;

	if (!dwfl_frame_pc(state, &address, NULL))
		return DWARF_CB_ABORT;
	/* Asked for more than that, elfutils reads on for the next frame. */
	module_at(modules, stack->count ? address - 1 : address);
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
static gboolean is_whole(const struct fdar_modules *modules, const struct fdar_space_stack *stack)
{
	uint64_t address = stack->address[stack->count - 1];
	Dwfl_Module *module = module_at(modules, address);
	GElf_Addr bias = 0;
	Elf *elf = module ? dwfl_module_getelf(module, &bias) : NULL;

	return elf && fdar_entry_is(elf, address - bias);
}

void fdar_modules_unwind(struct fdar_modules *modules, struct fdar_space_stack *stack)
{
	static const Dwfl_Thread_Callbacks callbacks = {
		.next_thread = next_thread,
		.get_thread = get_thread,
		.memory_read = read_memory,
		.set_initial_registers = set_registers,
	};

	stack->count = 0;
	stack->cut = FALSE;
	modules->stack = stack;
	if (modules->dwfl && !modules->attached)
		modules->attached = dwfl_attach_state(modules->dwfl, NULL, 1, &callbacks, modules);
	module_at(modules, stack->registers[16]);
	if (!modules->attached || dwfl_getthread_frames(modules->dwfl, 1, on_frame, modules) != 0)
		stack->cut = TRUE;
	if (stack->cut && stack->count && is_whole(modules, stack))
		stack->cut = FALSE;
	modules->stack = NULL;
	*modules->suspect = 0;
}

/* ---- names ---- */

static void put_build_id(Dwfl_Module *module, char text[FDAR_MODULES_ID_MAX])
{
	const unsigned char *bits;
	GElf_Addr address;
	int length = dwfl_module_build_id(module, &bits, &address);

	for (int i = 0; i < MIN(length, (int)(FDAR_MODULES_ID_MAX - 1) / 2); i++)
		snprintf(text + 2 * i, 3, "%02x", bits[i]);
}

static void put_text(char text[FDAR_SAMPLES_TEXT_MAX + 1], const char *told)
{
	g_strlcpy(text, told, FDAR_SAMPLES_TEXT_MAX + 1);
}

static void put_named(struct fdar_modules_function *function, const char *told, uint64_t start)
{
	put_text(function->name, told);
	function->kind = FDAR_SAMPLE_NAMED;
	function->start = start;
}

/* Without the version that a dynamic symbol's name ends with. */
static void put_symbol(struct fdar_modules_function *function, const char *told, uint64_t start)
{
	char *version;

	put_named(function, told, start);
	version = told[0] ? strchr(function->name + 1, '@') : NULL;
	if (version)
		*version = '\0';
}

/* Of code that no symbol knows, it is known where the tables say that it begins, or in which binary it is. */
static void put_unnamed(struct fdar_modules_function *function, gboolean has_start, uint64_t start)
{
	function->kind = FDAR_SAMPLE_UNNAMED;
	function->start = has_start ? start : 0;
	put_text(function->name, function->binary);
	if (has_start)
		snprintf(function->name, sizeof(function->name), "%.*s+0x%" PRIx64,
			 (int)FDAR_SAMPLES_TEXT_MAX - START_TEXT, function->binary, start);
}

static void name_in(Dwfl_Module *module, uint64_t address, struct fdar_modules_function *function)
{
	GElf_Off offset = 0;
	GElf_Sym symbol;
	GElf_Addr bias = 0;
	const char *known =
		dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
	Elf *elf = dwfl_module_getelf(module, &bias);
	uint64_t start = address - bias, begin = 0;
	gboolean has_fde = elf && fdar_fde_start(elf, address - bias, &start);
	g_autofree char *go = NULL;

	/* The nearest symbol may be another function's: the tables say where this one begins. */
	if (elf && (!known || offset >= symbol.st_size))
		go = fdar_go_name(elf, address - bias, &begin);
	if (go)
		put_named(function, go, begin);
	else if (known && (offset < symbol.st_size || (!symbol.st_size && !has_fde)))
		put_symbol(function, known, address - bias - offset);
	else
		put_unnamed(function, has_fde, start);
}

gboolean fdar_modules_function(struct fdar_modules *modules, uint64_t address,
			       struct fdar_modules_function *function)
{
	Dwfl_Module *module = module_at(modules, address);

	memset(function, 0, sizeof(*function));
	if (!module)
		return FALSE;
	put_text(function->binary,
		 dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
	put_build_id(module, function->build_id);
	name_in(module, address, function);
	*modules->suspect = 0;
	return TRUE;
}
