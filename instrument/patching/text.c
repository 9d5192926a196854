/* Changing code that may be running: text.h. */
#include <assert.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "patching/text.h"

/* Sites nearer to each other than this are made writable together: a system call costs more than
 * the pages between. */
#define GAP_BYTES 65536u

static int barrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

bool fdar_text_barrier_register(void)
{
	return barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0;
}

void fdar_text_barrier(void)
{
	barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
}

enum fdar_text_form fdar_text_form(uintptr_t address, int32_t rel32)
{
	static const uint8_t nops[] = { 0x90, 0x90, 0x90, 0x90, 0x90 };
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x44, 0x00 };
	uint8_t bytes[FDAR_PATCH_BYTES];
	bool ours;

	memcpy(bytes, (const void *)address, sizeof(bytes));
	ours = rel32 && memcmp(bytes + 1, &rel32, sizeof(rel32)) == 0;
	if (memcmp(bytes, nops, sizeof(nops)) == 0)
		return FDAR_TEXT_NOPS;
	if (memcmp(bytes, nop, sizeof(nop)) == 0)
		return FDAR_TEXT_NOP;
	if (bytes[0] == FDAR_TEXT_CALL && ours)
		return FDAR_TEXT_ON;
	if (bytes[0] != FDAR_TEXT_TEST)
		return FDAR_TEXT_OTHER;
	if (ours)
		return FDAR_TEXT_OFF;
	if (memcmp(bytes + 1, nops + 1, 4) == 0 || memcmp(bytes + 1, nop + 1, 3) == 0)
		return FDAR_TEXT_BEGUN;
	return FDAR_TEXT_OTHER;
}

/* Any other first byte would make another instruction of the four behind it, in somebody's running code. */
void fdar_text_store_first(uintptr_t address, uint8_t byte)
{
	assert(byte == FDAR_TEXT_TEST || byte == FDAR_TEXT_CALL);
	__atomic_store_n((uint8_t *)address, byte, __ATOMIC_SEQ_CST);
}

void fdar_text_store_rest(uintptr_t address, int32_t rel32)
{
	memcpy((uint8_t *)address + 1, &rel32, sizeof(rel32));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The sites from `from` on that are made writable together; gives their pages. */
static size_t run_of(struct fdar_patch_site *const *sites, size_t count, size_t from,
		     uintptr_t *low, uintptr_t *high)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	size_t next = from + 1;

	while (next < count && sites[next]->address - sites[next - 1]->address < GAP_BYTES) {
		/* Sorted, none twice, and no two of them share a byte. */
		assert(sites[next]->address >= sites[next - 1]->address + FDAR_PATCH_BYTES);
		next++;
	}
	*low = sites[from]->address & ~(page - 1);
	*high = (sites[next - 1]->address + FDAR_PATCH_BYTES + page - 1) & ~(page - 1);
	return next;
}

enum fdar_patch_status fdar_text_write(struct fdar_patch_site *const *sites, size_t count,
				       int protection, fdar_text_change change, void *user,
				       size_t *done)
{
	uintptr_t low, high;
	size_t next;

	for (*done = 0; *done < count; *done = next) {
		next = run_of(sites, count, *done, &low, &high);
		if (mprotect((void *)low, high - low, protection | PROT_WRITE) != 0)
			return errno == ENOMEM ? FDAR_PATCH_NO_ROOM : FDAR_PATCH_REFUSED;
		for (size_t i = *done; i < next; i++)
			change(sites[i], user);
		if (!(protection & PROT_WRITE))
			mprotect((void *)low, high - low, protection);
	}
	return FDAR_PATCH_FINE;
}
