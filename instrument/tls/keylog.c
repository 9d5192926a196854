/*
 * libflowdar-tls.so: the secrets of a server's TLS connections, for whoever captures them.
 *
 * Place in the house: preloaded by `flowdar record --tls-keys`, and by nothing else. It stands in front of
 * what makes an SSL_CTX in OpenSSL 1.1.1 and later, and gives each a callback for secrets; one of the
 * server's own is called behind it. It is linked to no OpenSSL: the functions are those of the library
 * that the caller is linked to, since a process may have two of them, which do not take each other's
 * objects. The file is opened when the program starts, before it can drop its privileges.
 *
 * Threads: all of it, at any time. Bounds: a line is at most FDAR_TLS_KEYS_LINE_MAX.
 */
#include "tls/keylog.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "instrument/wire/tls_keys.h"

#define EX_INDEX_SSL_CTX 1 /* CRYPTO_EX_INDEX_SSL_CTX, of 1.1 and 3 alike */

/* ---- the file ---- */

static struct {
	int fd; /* -1: none */
	unsigned long long device, inode;
	const char *path; /* in the environment of the beginning, which stays; NULL: none */
} file = { .fd = -1 };

static bool is_ours(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (unsigned long long)st.st_dev == file.device &&
	       (unsigned long long)st.st_ino == file.inode;
}

/* Past our own libraries, which would take it for the server's doing. */
static void close_fd(int fd)
{
	syscall(SYS_close, fd);
}

/* The descriptor is gone, closed by a server that closes all: its path may still be open to us. */
static int reopen(void)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, file.path,
			      O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);

	if (fd >= 0 && !is_ours(fd)) {
		close_fd(fd);
		fd = -1;
	}
	return fd;
}

__attribute__((constructor)) static void find_file(void)
{
	const char *told = getenv(FDAR_TLS_KEYS_ENV);
	static char path[4096];
	int fd, at = 0;

	if (!told || sscanf(told, "%d %llu %llu %n", &fd, &file.device, &file.inode, &at) < 3 ||
	    !at || strlen(told + at) >= sizeof(path))
		return;
	strcpy(path, told + at);
	file.path = path;
	file.fd = is_ours(fd) ? fd : reopen();
}

/* At once, so that lines of threads and processes do not mix. */
static void write_line(const char *line)
{
	char buffer[FDAR_TLS_KEYS_LINE_MAX + 1];
	size_t length = strlen(line);
	int fd = __atomic_load_n(&file.fd, __ATOMIC_RELAXED), kept = errno;

	if (!file.path || length >= FDAR_TLS_KEYS_LINE_MAX)
		return;
	if (!is_ours(fd)) {
		fd = reopen();
		__atomic_store_n(&file.fd, fd, __ATOMIC_RELAXED);
	}
	if (fd >= 0) {
		memcpy(buffer, line, length);
		buffer[length] = '\n';
		syscall(SYS_write, fd, buffer, length + 1);
		explicit_bzero(buffer, length + 1);
	}
	errno = kept;
}

/* ---- OpenSSL's functions ---- */

/* In a binary that is loaded already: itself, then what it needs, as the loader searches. */
static void *find_in(const char *path, const char *name)
{
	void *handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD), *found = NULL;

	if (handle) {
		found = dlsym(handle, name);
		dlclose(handle);
	}
	return found;
}

/* The libraries in this process that have OpenSSL's name. */
struct candidates {
	char path[4096]; /* of the last one */
	int count;
};

static int see_library(struct dl_phdr_info *info, size_t size, void *user)
{
	struct candidates *candidates = user;
	const char *base = strrchr(info->dlpi_name, '/');

	(void)size;
	if (strncmp(base ? base + 1 : info->dlpi_name, "libssl", 6) != 0 ||
	    strlen(info->dlpi_name) >= sizeof(candidates->path))
		return 0;
	strcpy(candidates->path, info->dlpi_name);
	candidates->count++;
	return 0;
}

/* The function of that name in the library that address's binary is linked to. A plugin may rely on
 * what whoever loaded it has: then it is the only OpenSSL that there is. NULL: none but ours. */
static void *find_for(const void *address, const char *name, const void *ours)
{
	struct candidates candidates = { .count = 0 };
	Dl_info caller;
	void *found = NULL;

	if (dladdr(address, &caller) && caller.dli_fname)
		found = find_in(caller.dli_fname, name);
	if (!found || found == ours)
		found = dlsym(RTLD_NEXT, name);
	if (found)
		return found;
	dl_iterate_phdr(see_library, &candidates);
	return candidates.count == 1 ? find_in(candidates.path, name) : NULL;
}

#define FIND(pointer, address, name, ours)                    \
	do {                                                  \
		void *found_ = find_for(address, name, ours); \
		memcpy(&(pointer), &found_, sizeof(found_));  \
	} while (0)

#define OURS(function) __extension__(const void *)(function)

typedef int ex_index_fn(int, long, void *, void *, void *, void *);
typedef int set_ex_data_fn(SSL_CTX *, int, void *);
typedef void *get_ex_data_fn(const SSL_CTX *, int);
typedef SSL_CTX *get_ctx_fn(const SSL *);

/* Where a context keeps the callback of the server's own, and whether any has one. Indexes of two
 * libraries are not the same: the first that needs one has it, and callbacks of the others are lost. */
static pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static int kept_index = -1;
static set_ex_data_fn *kept_by;
static bool any_kept;

static int index_for(const void *address, set_ex_data_fn *set)
{
	ex_index_fn *make;
	int found = -1;

	pthread_mutex_lock(&index_lock);
	if (!kept_by) {
		FIND(make, address, "CRYPTO_get_ex_new_index", NULL);
		kept_index = make ? make(EX_INDEX_SSL_CTX, 0, NULL, NULL, NULL, NULL) : -1;
		kept_by = set;
	}
	if (kept_by == set)
		found = kept_index;
	pthread_mutex_unlock(&index_lock);
	return found;
}

/* FALSE when there is no place for it. */
static bool keep(SSL_CTX *context, fdar_keylog_fn *callback, const void *address)
{
	set_ex_data_fn *set;
	void *pointer;
	int index;

	FIND(set, address, "SSL_CTX_set_ex_data", NULL);
	index = set ? index_for(address, set) : -1;
	memcpy(&pointer, &callback, sizeof(pointer));
	if (index < 0 || !set(context, index, pointer))
		return false;
	__atomic_store_n(&any_kept, true, __ATOMIC_RELEASE);
	return true;
}

static fdar_keylog_fn *kept(const SSL_CTX *context, const void *address)
{
	set_ex_data_fn *set;
	get_ex_data_fn *get;
	fdar_keylog_fn *callback = NULL;
	void *pointer;

	if (!__atomic_load_n(&any_kept, __ATOMIC_ACQUIRE))
		return NULL;
	FIND(set, address, "SSL_CTX_set_ex_data", NULL);
	FIND(get, address, "SSL_CTX_get_ex_data", NULL);
	if (!set || !get || set != kept_by)
		return NULL;
	pointer = get(context, kept_index);
	memcpy(&callback, &pointer, sizeof(callback));
	return callback;
}

/* Called by OpenSSL, with a line without its end. */
static void on_secret(const SSL *ssl, const char *line)
{
	const void *library = __builtin_return_address(0);
	fdar_keylog_fn *theirs = NULL;
	get_ctx_fn *context_of;

	write_line(line);
	if (!__atomic_load_n(&any_kept, __ATOMIC_ACQUIRE))
		return;
	FIND(context_of, library, "SSL_get_SSL_CTX", NULL);
	if (context_of)
		theirs = kept(context_of(ssl), library);
	if (theirs)
		theirs(ssl, line);
}

static SSL_CTX *listen_to(SSL_CTX *context, const void *address)
{
	void (*set)(SSL_CTX *, fdar_keylog_fn *);

	FIND(set, address, "SSL_CTX_set_keylog_callback", OURS(SSL_CTX_set_keylog_callback));
	if (context && set && file.path)
		set(context, on_secret);
	return context;
}

/* ---- what the server calls ---- */

#define EXPORTED __attribute__((visibility("default"), noinline))

EXPORTED SSL_CTX *SSL_CTX_new(const void *method)
{
	const void *address = __builtin_return_address(0);
	SSL_CTX *(*make)(const void *);

	FIND(make, address, "SSL_CTX_new", OURS(SSL_CTX_new));
	return listen_to(make ? make(method) : NULL, address);
}

EXPORTED SSL_CTX *SSL_CTX_new_ex(void *library, const char *properties, const void *method)
{
	const void *address = __builtin_return_address(0);
	SSL_CTX *(*make)(void *, const char *, const void *);

	FIND(make, address, "SSL_CTX_new_ex", OURS(SSL_CTX_new_ex));
	return listen_to(make ? make(library, properties, method) : NULL, address);
}

EXPORTED void SSL_CTX_set_keylog_callback(SSL_CTX *context, fdar_keylog_fn *callback)
{
	const void *address = __builtin_return_address(0);
	void (*set)(SSL_CTX *, fdar_keylog_fn *);

	FIND(set, address, "SSL_CTX_set_keylog_callback", OURS(SSL_CTX_set_keylog_callback));
	if (!set)
		return;
	/* The server's own comes first where there can be only one. */
	set(context, file.path && keep(context, callback, address) ? on_secret : callback);
}

EXPORTED fdar_keylog_fn *SSL_CTX_get_keylog_callback(const SSL_CTX *context)
{
	const void *address = __builtin_return_address(0);
	fdar_keylog_fn *(*get)(const SSL_CTX *), *callback;

	FIND(get, address, "SSL_CTX_get_keylog_callback", OURS(SSL_CTX_get_keylog_callback));
	callback = get ? get(context) : NULL;
	return callback == on_secret ? kept(context, address) : callback;
}
