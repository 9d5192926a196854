/*
 * What `flowdar cc` adds to a compiler's arguments, and when.
 *
 * Place in the house: cmd_cc.c asks the compiler and runs it; this is the part without side effects.
 */
#ifndef FDAR_CLI_CC_CC_ARGUMENTS_H
#define FDAR_CLI_CC_CC_ARGUMENTS_H

#include <glib.h>

/* How functions are made so that their calls can be recorded. */
enum fdar_cc_mode {
	FDAR_CC_AUTO, /* patch where it can be, else hooks */
	FDAR_CC_PATCH, /* -fpatchable-function-entry=5: five bytes a function, switched at run time */
	FDAR_CC_HOOKS, /* -finstrument-functions: two calls a function, always */
	FDAR_CC_NONE,
	FDAR_CC_MODES
};

/* What a call of the compiler is for, as far as we care. */
enum fdar_cc_job {
	FDAR_CC_OTHER,      /* linking, assembling, printing something: left alone */
	FDAR_CC_PREPROCESS, /* only needs to find the header */
	FDAR_CC_COMPILE
};

/* The command line of `flowdar cc`, taken apart. */
struct fdar_cc_arguments {
	char **compiler; /* --flowdar-compiler, or a compiler that is the first argument; NULL: none */
	GPtrArray *rest;   /* what is the compiler's: strings of argv */
	GPtrArray *target; /* of these, what decides for which processor: -m32, --target=... */
	enum fdar_cc_job job;
	enum fdar_cc_mode mode;
	gboolean
		chosen; /* the arguments themselves ask for hooks or entries: nothing to be added */
	gboolean keep;  /* functions that are inlined for being small, or called once */
	gboolean verbose;
};

/* argv[0] is the command's name. FALSE with a message when one of our options is wrong. */
gboolean fdar_cc_arguments_parse(struct fdar_cc_arguments *arguments, int argc, char **argv,
				 GError **error);
void fdar_cc_arguments_clear(struct fdar_cc_arguments *arguments);

/* "auto", "patch", "hooks", "none"; FALSE if it is none of these. */
gboolean fdar_cc_mode_parse(const char *text, enum fdar_cc_mode *mode);

/* The command to run, ended by NULL; its strings are the arguments', or constant, or in *made.
 * include: the folder of flowdar/flowdar.h, or NULL. mode: not AUTO. gcc: it has gcc's options. */
GPtrArray *fdar_cc_command(const struct fdar_cc_arguments *arguments, char *const *compiler,
			   enum fdar_cc_mode mode, gboolean gcc, const char *include,
			   GPtrArray **made);

#endif
