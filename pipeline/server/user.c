#include "pipeline/server/user.h"

#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

gboolean fdar_user_find(const char *name, struct fdar_user *user, GError **error)
{
	const struct passwd *entry = name ? getpwnam(name) : NULL;

	*user = (struct fdar_user){ 0 };
	if (!name)
		return TRUE;
	if (!entry) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no user \"%s\"",
			    name);
		return FALSE;
	}
	user->name = g_strdup(name);
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	return TRUE;
}

gboolean fdar_user_become(const struct fdar_user *user)
{
	return !user->name || (initgroups(user->name, user->gid) == 0 && setgid(user->gid) == 0 &&
			       setuid(user->uid) == 0);
}

void fdar_user_clear(struct fdar_user *user)
{
	g_clear_pointer(&user->name, g_free);
}
