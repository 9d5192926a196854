/* The child that reads ELF files. It has no rights, and ends with its parent. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "pipeline/elf/elf_file.h"
#include "pipeline/elf/elf_wire.h"

struct child {
	int socket;
	GPtrArray *files; /* struct fdar_elf_file *, or NULL */
};

static void answer(struct child *child, struct fdar_elf_message *message, const char *text)
{
	message->word = text != NULL;
	message->length = (uint32_t)(text ? MIN(strlen(text), FDAR_ELF_TEXT_MAX) : 0);
	memcpy(message->text, text ? text : "", message->length);
	if (send(child->socket, message, offsetof(struct fdar_elf_message, text) + message->length,
		 MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void list_one(uint64_t offset, uint64_t bytes, const char *name, void *user)
{
	struct fdar_elf_message message = { .offset = offset, .bytes = bytes };

	answer(user, &message, name);
}

static void open_file(struct child *child, struct fdar_elf_message *message, int fd)
{
	struct fdar_elf_file *file = fd >= 0 ? fdar_elf_file_open(fd, message->text) : NULL;

	if (file && child->files->len < FDAR_ELF_FILES_MAX) {
		message->file = child->files->len;
		g_ptr_array_add(child->files, file);
	} else if (file) {
		fdar_elf_file_close(file);
		file = NULL;
	}
	answer(child, message, file ? "" : NULL);
}

static void serve(struct child *child, struct fdar_elf_message *message, int fd)
{
	const struct fdar_elf_file *file = NULL;
	g_autofree char *text = NULL;
	int line = 0;

	if (message->word == FDAR_ELF_OPEN) {
		open_file(child, message, fd);
		return;
	}
	if (message->file < child->files->len)
		file = g_ptr_array_index(child->files, message->file);
	if (file && message->word == FDAR_ELF_BUILD_ID)
		text = fdar_elf_file_build_id(file);
	else if (file && message->word == FDAR_ELF_SONAME)
		text = fdar_elf_file_soname(file);
	else if (file && message->word == FDAR_ELF_FUNCTION)
		text = g_strdup(fdar_elf_file_function(file, message->offset));
	else if (file && message->word == FDAR_ELF_LINE)
		text = g_strdup(fdar_elf_file_line(file, message->offset, &line));
	else if (file && message->word == FDAR_ELF_LIST)
		fdar_elf_file_functions(file, list_one, child);
	message->line = line;
	answer(child, message, text);
}

void fdar_elf_child_serve(int socket)
{
	struct child child = { .socket = socket, .files = g_ptr_array_new() };
	struct fdar_elf_message message;

	unsetenv("DEBUGINFOD_URLS"); /* whoever has rights asks (debuginfod.h) */

	for (;;) {
		union {
			char bytes[CMSG_SPACE(sizeof(int))];
			struct cmsghdr align;
		} control;
		struct iovec part = { &message, sizeof(message) - 1 };
		struct msghdr header = { .msg_iov = &part,
					 .msg_iovlen = 1,
					 .msg_control = control.bytes,
					 .msg_controllen = sizeof(control.bytes) };
		ssize_t n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < (ssize_t)offsetof(struct fdar_elf_message, text))
			return;
		((char *)&message)[n] = '\0';
		serve(&child, &message, fdar_child_descriptor(&header));
	}
}
