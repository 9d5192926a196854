/* The bytes of a patched function: their forms, and that no byte is stored which is none of them. */
#include <string.h>

#include "patching/text.h"
#include "tests/unit/kit/aborts.h"

static void test_forms(void)
{
	uint8_t code[] = { 0x90, 0x90, 0x90, 0x90, 0x90 };
	uintptr_t at = (uintptr_t)code;

	g_assert_cmpint(fdar_text_form(at, 0x1234), ==, FDAR_TEXT_NOPS);
	fdar_text_store_first(at, FDAR_TEXT_TEST);
	g_assert_cmpint(fdar_text_form(at, 0x1234), ==, FDAR_TEXT_BEGUN);
	fdar_text_store_rest(at, 0x1234);
	g_assert_cmpint(fdar_text_form(at, 0x1234), ==, FDAR_TEXT_OFF);
	fdar_text_store_first(at, FDAR_TEXT_CALL);
	g_assert_cmpint(fdar_text_form(at, 0x1234), ==, FDAR_TEXT_ON);
	g_assert_cmpint(fdar_text_form(at, 0x1235), ==, FDAR_TEXT_OTHER);
	code[0] = 0xcc; /* a debugger's */
	g_assert_cmpint(fdar_text_form(at, 0x1234), ==, FDAR_TEXT_OTHER);
}

static void store_another(void)
{
	uint8_t code[5] = { 0 };

	fdar_text_store_first((uintptr_t)code, 0xcc);
}

static void test_first(void)
{
	assert_aborts(store_another, "FDAR_TEXT_CALL");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/patched-text/forms", test_forms);
	g_test_add_func("/patched-text/first", test_first);
	return g_test_run();
}
