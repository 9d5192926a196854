/*
 * Whether a program can be recorded at all, told before it is started.
 *
 * Place in the house: asked by the command line before a recording begins; what libraries are loaded
 * into a server is server.h's business. Recording rests on libraries that the dynamic linker loads
 * into the server and that stand in front of libc's functions. Where there is no dynamic linker, or
 * it is told not to, or system calls are made without libc, a recording would be empty or miss what
 * matters, and nothing would say why.
 *
 *	g_autofree char *reason = fdar_traceable_check(argv[0], &error);
 *
 *	if (reason)
 *		fprintf(stderr, "flowdar: %s\n", reason);   before the server is started
 *
 * A reason is one sentence, without a full stop, that begins with the program's name and says what
 * will be missing. It is a warning: children of the program, and what it runs, may be recorded.
 */
#ifndef FDAR_PIPELINE_SERVER_TRACEABLE_H
#define FDAR_PIPELINE_SERVER_TRACEABLE_H

#include <glib.h>

/*
 * Looks at the file that running `program` as `user` (NULL: who we are) would run: found in PATH if there is no slash in its
 * name, and, if it is a script, the interpreter that its first line names (through env, too).
 * Returns NULL when nothing speaks against recording it, which is also the answer for what is no
 * program that we know (running it will say), or NULL with error set (G_IO_ERROR) when there is no
 * such file or it cannot be read. The caller owns the text.
 */
char *fdar_traceable_check(const char *program, const char *user, GError **error);

/* The library that must be loaded before all others into what running `program` runs, by its soname:
 * AddressSanitizer's runtime ends a program in which another one comes first. NULL: none. The caller
 * frees it. */
char *fdar_traceable_first(const char *program);

#endif
