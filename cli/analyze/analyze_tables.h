/*
 * What flowdar analyze prints: the summary, and a table of functions, call paths, sessions or
 * requests.
 */
#ifndef FDAR_CLI_ANALYZE_ANALYZE_TABLES_H
#define FDAR_CLI_ANALYZE_ANALYZE_TABLES_H

#include <glib.h>
#include <stdio.h>

#include "analyze/profile/profile_build.h"
#include "cli/kit/table.h"

enum fdar_analyze_by {
	FDAR_BY_FUNCTION,
	FDAR_BY_PATH,
	FDAR_BY_COMPONENT,
	FDAR_BY_SESSION, /* from here on: of sessions */
	FDAR_BY_REQUEST,
	FDAR_BY_CLIENT,
	FDAR_BY_LABEL,
	FDAR_BY_SAMPLE,  /* of a file of its own */
	FDAR_BY_SYSCALL, /* read by themselves, too */
	FDAR_BY_THREAD,
	FDAR_BY_HOST
};

enum fdar_analyze_sort {
	FDAR_SORT_OWN, /* of sessions: their time */
	FDAR_SORT_TOTAL,
	FDAR_SORT_CALLS,
	FDAR_SORT_MEDIAN,
	FDAR_SORT_P99,
	FDAR_SORT_NAME,
	FDAR_SORT_OPEN,
	FDAR_SORT_RUNNING,
	FDAR_SORT_WAITING,
	FDAR_SORT_START
};

struct fdar_analyze_request {
	enum fdar_analyze_by by;
	enum fdar_analyze_sort sort;
	enum fdar_format format;
	guint limit;        /* 0: none */
	const char *label;  /* NULL: all */
	const char *client; /* of BY_SYSCALL: only this one's sessions; NULL: all */
	enum fdar_unit unit;
	gboolean server;
	gboolean own; /* flowdar's own functions in the server, too */
	/* Filled by fdar_analyze_choose. */
	struct fdar_profile *flat; /* owned; may be NULL */
	const struct fdar_profile *profile;
	const struct fdar_profile_group *group;
	const struct fdar_profile *labelled; /* as it was read */
};

/* NULL is the default. FALSE when the text is none of them. */
gboolean fdar_analyze_by_parse(const char *text, enum fdar_analyze_by *by);
gboolean fdar_analyze_sort_parse(const char *text, enum fdar_analyze_by by,
				 enum fdar_analyze_sort *sort);
const char *fdar_analyze_sort_names(enum fdar_analyze_by by);

/* The sessions that will be printed: no more than limit at the end, by the order asked for. */
struct fdar_analyze_sessions {
	const struct fdar_analyze_request *request;
	GArray *rows;
};
GArray *fdar_analyze_sessions_new(void);
/* As the session function of struct fdar_profile_source; user is a struct fdar_analyze_sessions. */
void fdar_analyze_session_keep(void *user, const struct fdar_profile_session *session);

/* What will be printed of requests by what they ask for, of sessions by their client's address. */
struct fdar_analyze_requests {
	const struct fdar_analyze_request *request;
	GHashTable *rows;
};
GHashTable *fdar_analyze_requests_new(void);
/* As the session function of struct fdar_profile_source; user is a struct fdar_analyze_requests. */
void fdar_analyze_request_keep(void *user, const struct fdar_profile_session *session);

/* The time that flowdar's own functions took. */
uint64_t fdar_analyze_own_ns(const struct fdar_analyze_request *request);

/* Which group of the profile it is about: the label's, all sessions, or the server's own where that
 * was asked for or there are no sessions. FALSE and error when the label has none. The profile must
 * outlive the request. */
gboolean fdar_analyze_choose(struct fdar_analyze_request *request,
			     const struct fdar_profile *profile, GError **error);

/* The tables; rows_in_all: how many there were before the limit. The caller owns the result. */
struct fdar_table *fdar_analyze_stat_table(const struct fdar_analyze_request *request,
					   guint *rows_in_all);
struct fdar_table *fdar_analyze_component_table(const struct fdar_analyze_request *request,
						guint *rows_in_all);
struct fdar_table *fdar_analyze_session_table(const struct fdar_analyze_request *request,
					      GArray *sessions);
/* Of requests, clients or labels. */
struct fdar_table *fdar_analyze_request_table(const struct fdar_analyze_request *request,
					      GHashTable *requests, guint *rows_in_all);

/* Everything: the summary, where the format has room for it, and the table. */
void fdar_analyze_print(const struct fdar_analyze_request *request, const char *path,
			GArray *sessions, GHashTable *requests, FILE *out);
void fdar_analyze_request_clear(struct fdar_analyze_request *request);

#endif
