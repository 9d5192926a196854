/*
 * Every macro once, in a form that is C and C++: the body of dialects.sh's programs.
 *
 * The program ends with 0 when no argument was evaluated, that is where nothing is traced.
 */
#include <flowdar/flowdar.h>
#include <flowdar/flowdar.h>
#include <netinet/in.h>
#include <string.h>

static int evaluated;

static const char *seen(const char *text)
{
	evaluated++;
	return text;
}

int sample_part(int turn); /* in the second translation unit */

static int sample(int turn)
{
	FLOWDAR_FUNCTION();
	int unused_otherwise = turn;
	struct sockaddr_in peer;
	struct sockaddr_storage storage;
	char text[8] = "text";

	memset(&peer, 0, sizeof(peer));
	memset(&storage, 0, sizeof(storage));
	FLOWDAR_SCOPE("sample");
	FLOWDAR_SESSION_BEGIN(&peer, &peer, 1);
	FLOWDAR_SESSION_BEGIN(&peer, &storage, 1);
	FLOWDAR_SESSION_BEGIN(turn, seen("peer"), -1);
	FLOWDAR_SESSION_BEGIN(1ul, text, -1);
	FLOWDAR_SESSION_BEGIN(2u, NULL, 0);
	if (turn)
		FLOWDAR_SESSION_SUSPEND(&peer);
	else
		FLOWDAR_SESSION_RESUME(&peer);
	FLOWDAR_HANDOFF_PUT(&peer, seen("queue"));
	FLOWDAR_HANDOFF_TAKE(&peer, seen("queue"));
	FLOWDAR_REQUEST_BEGIN(&peer, seen("GET /"));
	FLOWDAR_REQUEST_END(&peer, 200u);
	FLOWDAR_REQUEST_BEGIN(0, text);
	FLOWDAR_REQUEST_END(0, turn);
	FLOWDAR_BYTES("label", seen("data"), sizeof(text));
	FLOWDAR_NOTE("key", seen("value"));
	FLOWDAR_WAIT_BEGIN("what", FLOWDAR_WAIT_IO, unused_otherwise);
	FLOWDAR_WAIT_END(turn);
	FLOWDAR_SESSION_END(&peer);
	return evaluated + (FLOWDAR_ENABLED(note) ? 1 : 0);
}

#ifdef SAMPLE_MAIN
int main(void)
{
	return sample(0) + sample(1) + sample_part(1);
}
#else
int sample_part(int turn)
{
	return sample(turn);
}
#endif
