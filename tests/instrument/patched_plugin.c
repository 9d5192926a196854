/* A library that is loaded and unloaded while its functions are patched. */
int plugin_twice(int x);

int plugin_twice(int x)
{
	return 2 * x;
}
