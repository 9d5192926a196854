/*
 * Symbols: addresses of a traced process into names that people know.
 *
 * Place in the house: fed with the MODULE events of a trace (which binary lies where), asked by
 * profile_build.h and story_build.h once per distinct address. Reads ELF files through elfutils.
 *
 * Where the names come from, first that has one:
 *	1. the binary at the path that the trace names, with its separate debug information where
 *	   installed, when its build id is the one in the trace (or the trace has none);
 *	2. the recording's symbols/<build id>.txt (symtable.h), also for what a stripped binary
 *	   does not name;
 *	3. those of other recordings (fdar_symbols_borrow): an equal build id is the same code.
 * A binary whose build id differs is never used; fdar_symbols_notes says so once per binary.
 *
 * An address of a process without modules of its own (a forked child whose modules the trace does
 * not tell) is looked up in those of the other processes of the trace. An address in a known module
 * without a symbol is named "0x1a2b in libfoo.so", where 0x1a2b counts from the module's start: so
 * it has the same name in another run. One outside of all modules is named "0x7f...".
 *
 * C++ names are demangled; compilers' clones have the name of the function in the source. Not
 * thread-safe.
 */
#ifndef FDAR_ANALYZE_SYMBOLS_SYMBOLS_H
#define FDAR_ANALYZE_SYMBOLS_SYMBOLS_H

#include <glib.h>
#include <stdint.h>

/* Owned by the symbols, valid until they are freed. Equal (pid, addr) give the same pointer, unless
 * a module came in between that has a name for what had none. */
struct fdar_symbol {
	const char *function; /* as in the source: of a compiler's clone (clones.h) the name of what
				* it is a clone of */
	const char *component; /* the binary without directory and version: "httpd", "libapr-1";
				* "unknown" when the address is in no module */
	const char *module;    /* the binary's path, "" when in no module */
	uint64_t offset;       /* of the address from the module's start; the address itself when
				* in no module */
	const char *build_id;  /* of the binary, hex in lower case; "" when not known */
	const char *soname;    /* of a library: what programs know it by; "" when it has none */
	gboolean program;      /* the binary is a program, no library */
	gboolean known;        /* function is a name, not a number */
	gboolean clone;        /* the symbol is a compiler's clone of the function */
	gboolean part;         /* and a part that was cut off it */
};

/* Where a function begins in the source. */
struct fdar_symbol_source {
	const char *file; /* NULL when there is no debug information */
	int line;
};

#define FDAR_COMPONENT_PROGRAM "program"
/* Of what flowdar.h and the patches put into the server: "flowdar_begin_address_",
 * "ngx_http_flowdar_request". No file's name: a server may be called flowdar. */
#define FDAR_COMPONENT_OWN "flowdar/own"

struct fdar_event;
struct fdar_symbols;

/* symbols_dir is a recording's symbols/ directory; NULL, or one that does not exist, is fine. The
 * caller owns the result (fdar_symbols_free). */
struct fdar_symbols *fdar_symbols_new(const char *symbols_dir);

/* Processes are started to read binaries (elf_reader.h): called before and after that, for callers with
 * other threads. */
void fdar_symbols_around_forks(struct fdar_symbols *symbols, void (*before)(void *user),
			       void (*after)(void *user), void *user);

/* Directories of other recordings' tables, in the order in which they are looked into; ends with NULL.
 * To be called before the first lookup. */
void fdar_symbols_borrow(struct fdar_symbols *symbols, const char *const *dirs);

/* Whether a name came from one of them. */
gboolean fdar_symbols_borrowed(const struct fdar_symbols *symbols);

/* Components that go by another name: char * -> char *, whose owner keeps it. To be called before the first
 * module is added. */
void fdar_symbols_rename(struct fdar_symbols *symbols, GHashTable *names);

/* A MODULE event: bytes from base on are the binary at path. build_id is hex, may be empty. Later
 * modules win over earlier ones that overlap. Zero bytes, or a wrap-around, is ignored. */
void fdar_symbols_add_module(struct fdar_symbols *symbols, uint32_t pid, uint64_t base,
			     uint64_t bytes, const char *path, const char *build_id);

/* The MODULE events of a batch. text gives the text of an id, as fdar_source_text does; user is handed on. */
void fdar_symbols_add_modules(struct fdar_symbols *symbols, const struct fdar_event *events,
			      size_t count, const char *(*text)(const void *user, uint32_t id),
			      const void *user);

/* Names for what has none, out of what nm printed of the traced program: by its addresses there, for a
 * trace that does not say where the program lies, or lies itself; and in the program, whose file is
 * stripped or not at hand. FALSE and error when it is no such listing. */
gboolean fdar_symbols_use_listing(struct fdar_symbols *symbols, const char *path, GError **error);

/* Never NULL. */
const struct fdar_symbol *fdar_symbols_lookup(struct fdar_symbols *symbols, uint32_t pid,
					      uint64_t addr);

/* Reads debug information, so it is slower than a lookup. file is owned by the symbols. */
struct fdar_symbol_source fdar_symbols_locate(struct fdar_symbols *symbols, uint32_t pid,
					      uint64_t addr);

/* The component of scopes, which have a name but no address: that of the traced program. It is the
 * first module whose file is no shared library; FDAR_COMPONENT_PROGRAM while none is known. Owned by
 * the symbols. */
const char *fdar_symbols_program(const struct fdar_symbols *symbols);

/* What a user should know, one line each, NULL-terminated: binaries that changed since. Owned by
 * the symbols, valid until the next call with them. */
const char *const *fdar_symbols_notes(const struct fdar_symbols *symbols);

/* Writes the function tables of all binaries with a build id in which something was looked up to
 * dir (made when missing), so that the recording can be read on another machine. Tables that are
 * there already are kept. */
gboolean fdar_symbols_save(struct fdar_symbols *symbols, const char *dir, GError **error);

/* Of a compiler's clone the function's name in the source, for C++ as it is written there. The caller frees
 * the result. */
char *fdar_symbol_source_name(const char *name);

/* "/usr/lib/libapr-1.so.0.7.2" is "libapr-1". The caller frees the result. */
char *fdar_component_name(const char *path);

/* NULL is allowed. */
void fdar_symbols_free(struct fdar_symbols *symbols);
typedef struct fdar_symbols fdar_symbols;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_symbols, fdar_symbols_free)

#endif
