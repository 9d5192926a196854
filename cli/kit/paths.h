/*
 * Where the program's own things are: beside it, in the build as when installed; and names for what is read.
 *
 * Place in the house: for commands that load libraries into a server, or look for them, and for what heads
 * a picture or a file with a recording's name.
 */
#ifndef FDAR_CLI_KIT_PATHS_H
#define FDAR_CLI_KIT_PATHS_H

/* The folder of what is preloaded, ../lib/flowdar; FLOWDAR_LIBRARY_DIR is for the unusual. The caller frees
 * the result; whether it exists is not looked at. */
char *fdar_library_dir(void);

/* What the file or folder is called, also where the path to it ends with "." or "..". The caller frees it. */
char *fdar_path_name(const char *path);

#endif
