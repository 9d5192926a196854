/*
 * Names for the nodes of a story: everything is a number until all binaries of a trace are known.
 *
 * Private to story_build.c and story_name.c.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_NAME_H
#define FDAR_ANALYZE_STORY_STORY_NAME_H

#include "analyze/story/story_build.h"
#include "analyze/story/story_tree.h"

/* Names all of the tree. program is the component of what no binary is known for; the names are kept in texts.
 * Calls of flowdar's own functions in the server (symbols.h) become hidden ones. */
void story_name_all(const struct fdar_story_source *source, GStringChunk *texts,
		    const char *program, struct story_tree *tree);

#endif
