/*
 * Children: another command of flowdar in a process of its own, and temporary folders.
 */
#ifndef FDAR_CLI_REDUCE_CHILD_H
#define FDAR_CLI_REDUCE_CHILD_H

#include <glib.h>

/* Runs a command with argv (NULL-terminated) and waits for it: its exit code, 128 + signal. What it
 * says on standard output and error goes to the file; NULL: where ours goes. */
int fdar_child_command(int (*command)(int argc, char **argv), char **argv, const char *output);

/* The same, but only its standard output goes to the file, and its standard error nowhere. */
int fdar_child_quiet(int (*command)(int argc, char **argv), char **argv, const char *output);

/* Makes a folder of the user's, or takes an empty one. FALSE and error. */
gboolean fdar_child_make_directory(const char *path, gboolean *made, GError **error);

/* Removes a folder and the files in it. */
void fdar_child_remove(const char *directory);

/* The words of a command, up to NULL; more may be added, and a NULL at the end. The caller unrefs it, and the words with it. */
GPtrArray *fdar_child_arguments(const char *first, ...) G_GNUC_NULL_TERMINATED;

#endif
