/*
 * Why functions cannot be switched on in a process: they then run on as if never touched.
 *
 * Place in the house: what instrument/patching/ finds, the library tells (control.h) and the recorder
 * puts into words for a person.
 */
#ifndef FDAR_INSTRUMENT_WIRE_PATCH_STATUS_H
#define FDAR_INSTRUMENT_WIRE_PATCH_STATUS_H

enum fdar_patch_status {
	FDAR_PATCH_FINE = 0,
	FDAR_PATCH_NO_PROCESSOR, /* not x86-64 */
	FDAR_PATCH_NO_BARRIER,   /* the kernel has no membarrier(..._SYNC_CORE) */
	FDAR_PATCH_SHADOW_STACK, /* the process runs with a CET shadow stack: returns are guarded */
	FDAR_PATCH_REFUSED,   /* changing code is forbidden: SELinux, MemoryDenyWriteExecute, ... */
	FDAR_PATCH_NO_ROOM,   /* no free page within 2 GB of the module, or no memory */
	FDAR_PATCH_UNSETTLED, /* a thread may still be between the nops: try again */
	FDAR_PATCH_FOREIGN,   /* the bytes are not ours: a debugger or another patcher was here */
	FDAR_PATCH_GONE,      /* the module was unloaded */
	FDAR_PATCH_STATUSES
};

#endif
