/*
 * Semantic patches applied to copies of the files that they touch: what would become of a tree, and
 * which rules matched. Nothing is written to the tree here; patch_store.h does that.
 *
 * Coccinelle's `spatch` does the matching, one process a patch and file, on a copy in a temporary
 * directory that is gone when this returns. A rule has matched when the file has the text that it adds
 * as often more as it says (white space does not count).
 */
#ifndef FDAR_INSTRUMENT_PATCHER_PATCH_APPLY_H
#define FDAR_INSTRUMENT_PATCHER_PATCH_APPLY_H

#include "instrument/patcher/patch_set.h"
#include "instrument/patcher/patch_tree.h"

/* A rule and what came of it. */
struct fdar_patch_match {
	const struct fdar_patch_rule *rule;
	guint times;      /* how often it matched */
	guint line;       /* of the first, in the patched file; 0: nowhere */
	gboolean fits;    /* as often as it should, or it need not */
	gboolean skipped; /* it was left out, with all of its patch */
	char *problem;    /* why the file cannot be patched at all, or NULL */
};

/* A file of the tree, before and after. */
struct fdar_patch_file {
	char *path;
	GBytes *original; /* NULL: it is new */
	GBytes *patched;
	mode_t mode;
};

struct fdar_patch_outcome {
	const struct fdar_patch_set *set;
	char *version;      /* of the tree, as its own file says; may be "unknown" */
	GPtrArray *matches; /* of struct fdar_patch_match *, one a rule, in their order */
	GPtrArray *files;   /* of struct fdar_patch_file *, that change or are new */
	guint misfits;      /* rules that do not fit; the tree is not to be patched then */
};

/* Which rules are left out. Rules of one patch and file belong together: what begins is to end, too. So
 * with one of them all are left out by skip, and none where sessions_only wants one. */
struct fdar_patch_choice {
	const char *const *skip; /* names of rules, NULL-terminated; NULL: none */
	gboolean sessions_only;  /* but those of begin, end, resume and suspend of sessions */
};

struct fdar_patch_progress {
	const volatile int *stop;                                         /* not 0: give up */
	void (*step)(void *user, const char *file, guint done, guint of); /* NULL: nobody asks */
	void *user;
};

/* The version that the tree's own file tells, NULL when it is not this server's tree. */
char *fdar_patch_version(const struct fdar_patch_tree *tree, const struct fdar_patch_set *set);

/* choice may be NULL: all rules. Fails when spatch is missing or breaks, when there is no rule of a name
 * to skip (the message says which there are), G_IO_ERROR_CANCELLED when stopped. That rules do not match
 * is no failure but in the outcome. The caller frees it (fdar_patch_outcome_free); set and tree must
 * outlive it. */
struct fdar_patch_outcome *fdar_patch_apply(const struct fdar_patch_tree *tree,
					    const struct fdar_patch_set *set,
					    const struct fdar_patch_choice *choice,
					    const struct fdar_patch_progress *progress,
					    GError **error);

void fdar_patch_outcome_free(struct fdar_patch_outcome *outcome);
typedef struct fdar_patch_outcome fdar_patch_outcome;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_patch_outcome, fdar_patch_outcome_free)

#endif
