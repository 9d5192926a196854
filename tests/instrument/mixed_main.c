/* Calls every part that mixed_headers.sh links: PARTS is CALL(name) CALL(name) ... */
#define CALL(part) int part(int turn);
PARTS
#undef CALL

int main(void)
{
	int sum = 0;

#define CALL(part) sum += part(1);
	PARTS
#undef CALL
	return sum == COUNT ? 0 : 1;
}
