/*
 * A slow disk: a folder that shows another one (FUSE), and writes to it at so many bytes a second.
 *
 *	slow_disk BYTES-PER-SECOND FOLDER MOUNT-POINT
 *
 * In the foreground, until it is unmounted or ended. Who writes waits, as with a disk whose queue is
 * full; the page cache does not help, because FUSE without its write-back cache writes through. The
 * rate can be changed while it runs: it is read again from the file FOLDER/.rate, if there is one.
 */
#define FUSE_USE_VERSION 31
#include <fuse.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)
#define LOOK_NS  (NS_PER_S / 10)

static struct {
	int root;
	pthread_mutex_t lock; /* one disk: one write at a time */
	uint64_t rate, ready_ns, looked_ns;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void look_for_rate(uint64_t now)
{
	char text[32] = "";
	int fd;

	if (now - disk.looked_ns < LOOK_NS)
		return;
	disk.looked_ns = now;
	fd = openat(disk.root, ".rate", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0 && strtoull(text, NULL, 10) > 0)
		disk.rate = strtoull(text, NULL, 10);
	close(fd);
}

/* The lock is held meanwhile: the disk is busy. */
static void be_slow(size_t bytes)
{
	uint64_t now = now_ns();
	struct timespec at;

	look_for_rate(now);
	if (disk.ready_ns < now)
		disk.ready_ns = now;
	disk.ready_ns += bytes * NS_PER_S / disk.rate;
	at.tv_sec = (time_t)(disk.ready_ns / NS_PER_S);
	at.tv_nsec = (long)(disk.ready_ns % NS_PER_S);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static const char *relative(const char *path)
{
	return path[1] ? path + 1 : ".";
}

static int result(int code)
{
	return code < 0 ? -errno : 0;
}

static int disk_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
	(void)info;
	return result(fstatat(disk.root, relative(path), st, AT_SYMLINK_NOFOLLOW));
}

static int disk_mkdir(const char *path, mode_t mode)
{
	return result(mkdirat(disk.root, relative(path), mode));
}

static int disk_unlink(const char *path)
{
	return result(unlinkat(disk.root, relative(path), 0));
}

static int disk_rmdir(const char *path)
{
	return result(unlinkat(disk.root, relative(path), AT_REMOVEDIR));
}

static int disk_rename(const char *from, const char *to, unsigned flags)
{
	return flags ? -EINVAL
		     : result(renameat(disk.root, relative(from), disk.root, relative(to)));
}

static int open_file(const char *path, int flags, mode_t mode, struct fuse_file_info *info)
{
	int fd = openat(disk.root, relative(path), flags, mode);

	if (fd < 0)
		return -errno;
	info->fh = (uint64_t)fd;
	return 0;
}

static int disk_open(const char *path, struct fuse_file_info *info)
{
	return open_file(path, info->flags, 0, info);
}

static int disk_create(const char *path, mode_t mode, struct fuse_file_info *info)
{
	return open_file(path, info->flags | O_CREAT, mode, info);
}

static int disk_release(const char *path, struct fuse_file_info *info)
{
	(void)path;
	return result(close((int)info->fh));
}

static int disk_read(const char *path, char *bytes, size_t size, off_t at,
		     struct fuse_file_info *info)
{
	ssize_t n = pread((int)info->fh, bytes, size, at);

	(void)path;
	return n < 0 ? -errno : (int)n;
}

static int disk_write(const char *path, const char *bytes, size_t size, off_t at,
		      struct fuse_file_info *info)
{
	ssize_t n;

	(void)path;
	pthread_mutex_lock(&disk.lock);
	be_slow(size);
	n = pwrite((int)info->fh, bytes, size, at);
	pthread_mutex_unlock(&disk.lock);
	return n < 0 ? -errno : (int)n;
}

static int disk_truncate(const char *path, off_t size, struct fuse_file_info *info)
{
	int fd, code;

	if (info)
		return result(ftruncate((int)info->fh, size));
	fd = openat(disk.root, relative(path), O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	code = result(ftruncate(fd, size));
	close(fd);
	return code;
}

static int disk_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t at,
			struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
	int fd = openat(disk.root, relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	(void)at;
	(void)info;
	(void)flags;
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		fill(buffer, entry->d_name, NULL, 0, 0);
	closedir(dir);
	return 0;
}

static int disk_statfs(const char *path, struct statvfs *fs)
{
	(void)path;
	return result(fstatvfs(disk.root, fs));
}

static const struct fuse_operations operations = {
	.getattr = disk_getattr,
	.mkdir = disk_mkdir,
	.unlink = disk_unlink,
	.rmdir = disk_rmdir,
	.rename = disk_rename,
	.open = disk_open,
	.create = disk_create,
	.release = disk_release,
	.read = disk_read,
	.write = disk_write,
	.truncate = disk_truncate,
	.readdir = disk_readdir,
	.statfs = disk_statfs,
};

int main(int argc, char **argv)
{
	char foreground[] = "-f";
	char *arguments[] = { argv[0], foreground, argc > 3 ? argv[3] : NULL, NULL };

	disk.rate = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	disk.root = argc > 2 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (argc != 4 || !disk.rate || disk.root < 0) {
		fprintf(stderr, "usage: slow_disk BYTES-PER-SECOND FOLDER MOUNT-POINT\n");
		return 2;
	}
	return fuse_main(3, arguments, &operations, NULL);
}
