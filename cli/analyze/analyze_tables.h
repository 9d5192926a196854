/*
 * What flowdar analyze prints: the summary, and a table of functions, call paths, sessions or
 * requests.
 */
#ifndef FD_CLI_ANALYZE_TABLES_H
#define FD_CLI_ANALYZE_TABLES_H

#include <glib.h>
#include <stdio.h>

#include "analyze/profile/profile_build.h"
#include "cli/kit/table.h"

enum fd_analyze_by { FD_BY_FUNCTION, FD_BY_PATH, FD_BY_SESSION, FD_BY_REQUEST };

enum fd_analyze_sort {
	FD_SORT_OWN, /* of sessions: their time */
	FD_SORT_TOTAL,
	FD_SORT_CALLS,
	FD_SORT_MEDIAN,
	FD_SORT_P99,
	FD_SORT_NAME,
	FD_SORT_OPEN,
	FD_SORT_RUNNING,
	FD_SORT_WAITING,
	FD_SORT_START
};

struct fd_analyze_request {
	enum fd_analyze_by by;
	enum fd_analyze_sort sort;
	enum fd_format format;
	guint limit;       /* 0: none */
	const char *label; /* NULL: all */
	enum fd_unit unit;
	gboolean server;
	/* Filled by fd_analyze_choose. */
	struct fd_profile *flat; /* owned; may be NULL */
	const struct fd_profile *profile;
	const struct fd_profile_group *group;
};

/* NULL is the default. FALSE when the text is none of them. */
gboolean fd_analyze_by_parse(const char *text, enum fd_analyze_by *by);
gboolean fd_analyze_sort_parse(const char *text, enum fd_analyze_by by, enum fd_analyze_sort *sort);
const char *fd_analyze_sort_names(enum fd_analyze_by by);

/* The sessions that will be printed: no more than limit at the end, by the order asked for. */
struct fd_analyze_sessions {
	const struct fd_analyze_request *request;
	GArray *rows;
};
GArray *fd_analyze_sessions_new(void);
/* As the session function of struct fd_profile_source; user is a struct fd_analyze_sessions. */
void fd_analyze_session_keep(void *user, const struct fd_profile_session *session);

/* What will be printed of requests, by what they ask for. */
struct fd_analyze_requests {
	const struct fd_analyze_request *request;
	GHashTable *rows;
};
GHashTable *fd_analyze_requests_new(void);
/* As the session function of struct fd_profile_source, whose unit is the request; user is a struct
 * fd_analyze_requests. */
void fd_analyze_request_keep(void *user, const struct fd_profile_session *session);

/* Which group of the profile it is about: the label's, all sessions, or the server's own where that
 * was asked for or there are no sessions. FALSE and error when the label has none. The profile must
 * outlive the request. */
gboolean fd_analyze_choose(struct fd_analyze_request *request, const struct fd_profile *profile,
			   GError **error);

/* The tables; rows_in_all: how many there were before the limit. The caller owns the result. */
struct fd_table *fd_analyze_stat_table(const struct fd_analyze_request *request,
				       guint *rows_in_all);
struct fd_table *fd_analyze_session_table(const struct fd_analyze_request *request,
					  GArray *sessions);
struct fd_table *fd_analyze_request_table(const struct fd_analyze_request *request,
					  GHashTable *requests, guint *rows_in_all);

/* Everything: the summary, where the format has room for it, and the table. */
void fd_analyze_print(const struct fd_analyze_request *request, const char *path, GArray *sessions,
		      GHashTable *requests, FILE *out);
void fd_analyze_request_clear(struct fd_analyze_request *request);

#endif
