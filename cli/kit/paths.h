/*
 * Where the program's own things are: beside it, in the build as when installed.
 *
 * Place in the house: for commands that load libraries into a server, or look for them.
 */
#ifndef FDAR_CLI_KIT_PATHS_H
#define FDAR_CLI_KIT_PATHS_H

/* The folder of what is preloaded, ../lib/flowdar; FLOWDAR_LIBRARY_DIR is for the unusual. The caller frees
 * the result; whether it exists is not looked at. */
char *fdar_library_dir(void);

#endif
