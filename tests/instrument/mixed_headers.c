/*
 * One object of mixed_headers.sh: each generation of flowdar.h that it links has its own, under the
 * function name that -DPART gives.
 */
#include <flowdar/flowdar.h>

#ifdef __cplusplus
#define C_LINKAGE extern "C"
#else
#define C_LINKAGE
#endif

C_LINKAGE int PART(int turn);

/* Writes eleven events, and two more where this generation of the header has them. */
int PART(int turn)
{
	int key = turn;

	FLOWDAR_FUNCTION();
	FLOWDAR_SESSION_BEGIN(&key, "peer", -1);
	FLOWDAR_SESSION_RESUME(&key);
	FLOWDAR_HANDOFF_PUT(&key, "queue");
	FLOWDAR_HANDOFF_TAKE(&key, "queue");
	FLOWDAR_NOTE("key", "value");
	FLOWDAR_BYTES("label", "data", 4);
	FLOWDAR_WAIT_BEGIN("what", FLOWDAR_WAIT_IO, -1);
	FLOWDAR_WAIT_END(0);
#ifdef FLOWDAR_REQUEST_BEGIN
	FLOWDAR_REQUEST_BEGIN(&key, "GET /");
	FLOWDAR_REQUEST_END(&key, 200);
#endif
	FLOWDAR_SESSION_END(&key);
	return key;
}
