/*
 * The sets of semantic patches: for each server a directory with rules.ini, which says what is marked
 * and where, and the .cocci files that do it. instrument/patches/README.md describes both.
 *
 * Place in the house: `flowdar patch` is the one who uses it. Sets come with flowdar and are trusted;
 * the trees that they are applied to are not (patch_tree.h).
 */
#ifndef FDAR_INSTRUMENT_PATCHER_PATCH_SET_H
#define FDAR_INSTRUMENT_PATCHER_PATCH_SET_H

#include <glib.h>

/* What a rule marks. One .cocci file may have several rules of rules.ini. */
struct fdar_patch_rule {
	char *name;
	char *file;      /* in the tree: relative, without ".." */
	char *patch;     /* the .cocci file's path */
	char *adds;      /* the text that it adds: how it is known to have matched */
	guint times;     /* how often it is added */
	gboolean needed; /* whether the set fits a tree where it does not match */
	char *marks;     /* for people */
};

struct fdar_patch_set {
	char *server;       /* "httpd": the directory's name */
	char *title;        /* "Apache httpd" */
	char *made_for;     /* the version it was made for */
	char *version_file; /* of the tree: tells that it is this server */
	GRegex *version;    /* its captures, joined by ".", are the version */
	char *header;       /* where flowdar.h goes in the tree */
	char *macros;       /* path of a macro file for spatch, or NULL */
	GPtrArray *rules;   /* of struct fdar_patch_rule *, in the order of rules.ini */
};

/* Where the sets are: FLOWDAR_PATCHES, or share/flowdar/patches beside the program's bin/. The caller
 * frees the result. */
char *fdar_patch_sets_directory(void);

/* The path of flowdar.h: FLOWDAR_HEADER, or include/flowdar/flowdar.h beside the program's bin/. */
char *fdar_patch_header_path(void);

/* All sets of a directory, by name: of struct fdar_patch_set *. The caller frees the result. NULL when
 * there is none, or one is not right. */
GPtrArray *fdar_patch_sets_load(const char *directory, GError **error);

/* One set, from its own directory, as the only one of a list: of struct fdar_patch_set *. */
GPtrArray *fdar_patch_sets_load_one(const char *directory, GError **error);

/* The one called so, or NULL. */
const struct fdar_patch_set *fdar_patch_sets_find(const GPtrArray *sets, const char *server);

/* "httpd, nginx, redis". The caller frees the result. */
char *fdar_patch_sets_names(const GPtrArray *sets);

#endif
