/*
 * For builds under ThreadSanitizer: what GLib's locks order.
 *
 * Place in the house: linked into everything of the preset tsan and into nothing else, by --wrap
 * (cmake/targets.cmake). GLib is not instrumented, and its mutexes are words of memory and futexes: what one
 * thread did before it unlocked looks like a race with what the next one does. So it is said here. Threads
 * that GLib makes and joins are pthread's, which ThreadSanitizer sees by itself.
 */
#include <glib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

void __real_g_mutex_lock(GMutex *mutex);
void __real_g_mutex_unlock(GMutex *mutex);
void __real_g_cond_wait(GCond *cond, GMutex *mutex);
gboolean __real_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_us);

void __wrap_g_mutex_lock(GMutex *mutex);
void __wrap_g_mutex_unlock(GMutex *mutex);
void __wrap_g_cond_wait(GCond *cond, GMutex *mutex);
gboolean __wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_us);

void __wrap_g_mutex_lock(GMutex *mutex)
{
	__real_g_mutex_lock(mutex);
	__tsan_acquire(mutex);
}

void __wrap_g_mutex_unlock(GMutex *mutex)
{
	__tsan_release(mutex);
	__real_g_mutex_unlock(mutex);
}

/* Both unlock while they wait. */
void __wrap_g_cond_wait(GCond *cond, GMutex *mutex)
{
	__tsan_release(mutex);
	__real_g_cond_wait(cond, mutex);
	__tsan_acquire(mutex);
}

gboolean __wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_us)
{
	gboolean told;

	__tsan_release(mutex);
	told = __real_g_cond_wait_until(cond, mutex, end_us);
	__tsan_acquire(mutex);
	return told;
}
