/* Whom a server is run as: in a child, as it is done. */
#include <gio/gio.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/server/user.h"

static void test_find(void)
{
	g_autoptr(GError) error = NULL;
	struct fdar_user user;

	g_assert_true(fdar_user_find(NULL, &user, &error));
	g_assert_null(user.name);
	g_assert_true(fdar_user_become(&user)); /* stays */
	g_assert_true(fdar_user_find("root", &user, &error));
	g_assert_cmpstr(user.name, ==, "root");
	g_assert_cmpuint(user.uid, ==, 0);
	fdar_user_clear(&user);
	g_assert_false(fdar_user_find("nobody-of-that-name", &user, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	g_assert_null(user.name);
}

/* All of it is the other's: real, effective and saved, and no group of ours stays. */
static void test_become(void)
{
	const gid_t ours[] = { 0, 1, 2 };
	struct fdar_user user;
	int status;
	pid_t child;

	if (geteuid() != 0 || !fdar_user_find("nobody", &user, NULL)) {
		g_test_skip("takes root, and a user nobody");
		return;
	}
	child = fork();
	if (child == 0) {
		uid_t uid[3];
		gid_t gid[3], groups[64];
		int count;

		if (setgroups(3, ours) != 0 || !fdar_user_become(&user))
			_exit(1);
		getresuid(&uid[0], &uid[1], &uid[2]);
		getresgid(&gid[0], &gid[1], &gid[2]);
		count = getgroups(64, groups);
		for (int i = 0; i < 3; i++)
			if (uid[i] != user.uid || gid[i] != user.gid)
				_exit(2);
		for (int i = 0; i < count; i++)
			if (groups[i] == 0)
				_exit(3);
		_exit(0);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
	fdar_user_clear(&user);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/user/find", test_find);
	g_test_add_func("/user/become", test_become);
	return g_test_run();
}
