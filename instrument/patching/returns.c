/* The list that unwinders walk, and which vector registers there are to save: returns.h. */
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <stddef.h>

#include "patching/returns.h"

#define XSAVE_BYTES 2816u /* fdar_vectors_call's room */
#define X87_SSE     0x03u
#define AVX         0x04u
#define AVX512      0xe0u

/* trampoline.S has these numbers, too. */
_Static_assert(offsetof(struct fdar_returns, next) == 0x00, "NEXT in trampoline.S");
_Static_assert(offsetof(struct fdar_returns, frames) == 0x08, "FRAMES in trampoline.S");
_Static_assert(offsetof(struct fdar_returns, count) == 0x10, "COUNT in trampoline.S");
_Static_assert(offsetof(struct fdar_returns, frame_bytes) == 0x18, "FRAME_BYTES in trampoline.S");
_Static_assert(offsetof(struct fdar_return, slot) == 0x00, "SLOT in trampoline.S");
_Static_assert(offsetof(struct fdar_return, address) == 0x08, "ADDRESS in trampoline.S");

struct fdar_returns *fdar_returns_first;
uintptr_t fdar_returns_landing;
uint32_t fdar_vectors_mask;

void fdar_returns_add(struct fdar_returns *returns)
{
	struct fdar_returns *first = __atomic_load_n(&fdar_returns_first, __ATOMIC_RELAXED);

	do {
		returns->next = first;
	} while (!__atomic_compare_exchange_n(&fdar_returns_first, &first, returns, true,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

#if defined(__x86_64__)

static bool component_fits(unsigned component)
{
	unsigned size, offset, c, d;

	return __get_cpuid_count(0x0d, component, &size, &offset, &c, &d) &&
	       offset + size <= XSAVE_BYTES;
}

void fdar_vectors_find(void)
{
	unsigned a, b, c, d, low, high;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return;
	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	fdar_vectors_mask = X87_SSE;
	if (low & AVX && component_fits(2))
		fdar_vectors_mask |= AVX;
	if ((low & AVX512) == AVX512 && component_fits(5) && component_fits(6) && component_fits(7))
		fdar_vectors_mask |= AVX512;
}

#else

void fdar_vectors_find(void)
{
}

void fdar_vectors_call(void (*function)(void *argument), void *argument)
{
	function(argument);
}

#endif
