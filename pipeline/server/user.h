/*
 * Another user: whom a server is run as.
 *
 * Place in the house: of server.c, and of whoever else starts servers. Programs that change users by
 * themselves may not survive being traced: setpriv(1) changes one thread of what is a process of several by
 * then, glibc finds that the others could not follow, and aborts (status 134). So it is done in the child,
 * before there is a tracer.
 */
#ifndef FDAR_PIPELINE_SERVER_USER_H
#define FDAR_PIPELINE_SERVER_USER_H

#include <glib.h>
#include <sys/types.h>

struct fdar_user {
	char *name; /* NULL: stay who we are */
	uid_t uid;
	gid_t gid;
};

/* name: NULL gives a user without one. FALSE and error (G_IO_ERROR_NOT_FOUND): there is none of that name. */
gboolean fdar_user_find(const char *name, struct fdar_user *user, GError **error);

/* With the groups that it has. FALSE and errno. What the kernel was told to send when the parent ends is
 * forgotten (PR_SET_PDEATHSIG): to be told again. */
gboolean fdar_user_become(const struct fdar_user *user);

void fdar_user_clear(struct fdar_user *user);

#endif
