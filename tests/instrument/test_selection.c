/* Which functions are recorded: rules, function tables of ELF files, the budget. */
#include <dlfcn.h>
#include <elf.h>
#include <glib.h>
#include <string.h>

#include "functions/budget.h"
#include "functions/elf.h"
#include "functions/rules.h"

static struct fdar_rules rules;

static void parse(const char *text, size_t length)
{
	fdar_rules_parse(&rules, text, length);
}

#define RULES(text) parse(text, sizeof(text))

static bool wants(const char *name, const char *binary, const char *file)
{
	return fdar_rules_function(&rules, name, binary, file);
}

static void test_rules(void)
{
	RULES("");
	g_assert_true(wants("f", "a.out", NULL));
	RULES("ap_*\0!apr_palloc*\0apr_*");
	g_assert_true(wants("ap_run", "httpd", NULL));
	g_assert_true(wants("apr_palloc", "httpd", NULL)); /* the last that fits */
	g_assert_false(wants("main", "httpd", NULL));
	RULES("ap*\0!apr_palloc*");
	g_assert_false(wants("apr_palloc_debug", "httpd", NULL));
	RULES("!bin:libz.so*");
	g_assert_true(wants("main", "httpd", NULL));
	g_assert_false(wants("inflate", "libz.so.1.2.13", NULL));
	RULES("file:core.c\0file:src/*.c");
	g_assert_true(wants("f", "b", "server/core.c"));
	g_assert_true(wants("f", "b", "src/x/y.c"));
	g_assert_false(wants("f", "b", "other.c"));
	g_assert_false(wants("f", "b", NULL));
	g_assert_cmpuint(rules.bad, ==, 0);
}

/* A function's name in the source means its clones, too; a clone's own name means that one alone. */
static void test_rules_clones(void)
{
	RULES("parse");
	g_assert_true(wants("parse", "b", NULL));
	g_assert_true(wants("parse.constprop.0", "b", NULL));
	g_assert_true(wants("parse.isra.0.part.1.cold", "b", NULL));
	g_assert_true(wants("parse.llvm.123", "b", NULL));
	g_assert_false(wants("parse.other", "b", NULL));
	g_assert_false(wants("parser.constprop.0", "b", NULL));
	RULES("!parse");
	g_assert_false(wants("parse.constprop.0", "b", NULL));
	g_assert_true(wants("handle", "b", NULL));
	RULES("parse.constprop.0");
	g_assert_true(wants("parse.constprop.0", "b", NULL));
	g_assert_false(wants("parse", "b", NULL));
	RULES("_ZL5parsePKcii");
	g_assert_true(wants("_ZL5parsePKcii.constprop.0", "b", NULL));
}

/* As it is written in the source, with and without what overloads and instances differ in. */
static void test_rules_cpp(void)
{
	static const char parse_name[] = "_ZN3srvL5parseEPKcii.constprop.0";
	static const char mix[] = "_ZN3srvL3mixImEET_RKS1_i";
	static const char lambda[] = "_ZZN3srv7Session6handleEPKcENKUliE_clEi";
	static const char handle[] = "_ZN3srv7Session6handleEPKc";
	static const char hidden[] = "_ZN12_GLOBAL__N_14parsEiRSt6vectorIiSaIiEE";

	/* The server's own has it where there are such functions. */
	if (!dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL)) {
		g_test_skip("no libstdc++");
		return;
	}
	RULES("srv::parse");
	g_assert_true(wants(parse_name, "b", NULL));
	g_assert_false(wants(mix, "b", NULL));
	RULES("srv::*\0!srv::mix");
	g_assert_true(wants(parse_name, "b", NULL));
	g_assert_true(wants(lambda, "b", NULL));
	g_assert_false(wants(mix, "b", NULL));
	RULES("srv::mix<unsigned long>");
	g_assert_true(wants(mix, "b", NULL));
	RULES("srv::mix<int>");
	g_assert_false(wants(mix, "b", NULL));
	RULES("srv::parse(char const*, int, int)");
	g_assert_true(wants(parse_name, "b", NULL));
	RULES("srv::Session::handle");
	g_assert_true(wants(handle, "b", NULL));
	g_assert_false(wants(lambda, "b", NULL));
	RULES("(anonymous namespace)::pars");
	g_assert_true(wants(hidden, "b", NULL));
	RULES("_ZN3srv*");
	g_assert_true(wants(parse_name, "b", NULL));
}

/* Which rules fitted a function is known by their numbers, whatever other rules there are. */
static void test_rules_met(void)
{
	g_autofree char *long_rule = g_strnfill(FDAR_RULE_LENGTH + 10, 'x');
	g_autoptr(GString) text = g_string_new("parse");

	g_string_append_printf(text, "%c%s%cprase%c!bin:b", 0, long_rule, 0, 0);
	parse(text->str, text->len + 1);
	g_assert_cmpuint(rules.count, ==, 3);
	g_assert_false(wants("", "b", NULL));
	for (size_t i = 0; i < rules.count; i++)
		g_assert_false(rules.rules[i].met);
	wants("parse.part.0", "b", NULL);
	g_assert_true(rules.rules[0].met);
	g_assert_false(rules.rules[1].met);
	g_assert_true(rules.rules[2].met);
	g_assert_cmpuint(rules.rules[0].number, ==, 0);
	g_assert_cmpuint(rules.rules[1].number, ==, 2);
	g_assert_cmpuint(rules.rules[2].number, ==, 3);
}

static void test_rules_threads(void)
{
	RULES("thread:worker*");
	g_assert_true(wants("f", "b", NULL)); /* a test of its own */
	g_assert_true(fdar_rules_thread(&rules, "worker-1"));
	g_assert_false(fdar_rules_thread(&rules, "main"));
	RULES("!thread:log");
	g_assert_true(fdar_rules_thread(&rules, "main"));
	g_assert_false(fdar_rules_thread(&rules, "log"));
}

static void test_rules_hostile(void)
{
	g_autofree char *much = g_malloc(FDAR_CONTROL_RULES_BYTES + 1000);
	GRand *random = g_rand_new_with_seed(3);

	RULES("!\0bin:\0!file:\0thread:\0!thread:\0good");
	g_assert_cmpuint(rules.bad, ==, 5);
	g_assert_cmpuint(rules.count, ==, 1);
	memset(much, 'x', FDAR_CONTROL_RULES_BYTES + 1000);
	parse(much, FDAR_CONTROL_RULES_BYTES + 1000); /* no NUL anywhere, too long */
	g_assert_cmpuint(rules.count, ==, 0);
	for (size_t i = 0; i + 8 < FDAR_CONTROL_RULES_BYTES; i += 8)
		memcpy(much + i, "name_of", 8);
	parse(much, FDAR_CONTROL_RULES_BYTES);
	g_assert_cmpuint(rules.count, ==, FDAR_RULES_MAX);
	for (unsigned round = 0; round < 2000; round++) {
		static const char letters[] = "+!binaryfilethread*?[]\\\0a";

		for (size_t i = 0; i < 300; i++)
			much[i] = letters[g_rand_int_range(random, 0, sizeof(letters))];
		parse(much, 300);
		wants("some_name", "binary", "file.c");
		fdar_rules_thread(&rules, "thread");
	}
	g_rand_free(random);
}

struct seen {
	unsigned functions, here, with_file;
	size_t letters;
};

static void see(const struct fdar_elf_function *function, void *data)
{
	struct seen *seen = data;

	seen->functions++;
	seen->letters += strlen(function->name);
	if (strcmp(function->name, "see") == 0) {
		seen->here++;
		seen->with_file +=
			function->file && strcmp(function->file, "test_selection.c") == 0;
	}
}

static void test_elf_itself(void)
{
	g_autofree char *bytes = NULL;
	struct seen seen = { 0 };
	gsize length;

	g_assert_true(g_file_get_contents("/proc/self/exe", &bytes, &length, NULL));
	g_assert_true(fdar_elf_functions((const uint8_t *)bytes, length, see, &seen));
	g_assert_cmpuint(seen.here, ==, 1);
	g_assert_cmpuint(seen.with_file, ==, 1);
	g_assert_true(fdar_elf_imports((const uint8_t *)bytes, length, "g_test_run"));
	g_assert_false(fdar_elf_imports((const uint8_t *)bytes, length, "g_test_ru"));
}

/* A small file: head, two sections' bytes, three section headers. */
struct small {
	Elf64_Ehdr head;
	Elf64_Sym symbols[3];
	char names[16];
	Elf64_Shdr sections[3];
};

static void small_make(struct small *small)
{
	memset(small, 0, sizeof(*small));
	memcpy(small->head.e_ident, ELFMAG, SELFMAG);
	small->head.e_ident[EI_CLASS] = ELFCLASS64;
	small->head.e_ident[EI_DATA] = ELFDATA2LSB;
	small->head.e_shentsize = sizeof(Elf64_Shdr);
	small->head.e_shnum = 3;
	small->head.e_shoff = offsetof(struct small, sections);
	memcpy(small->names, "\0main\0file.c", 13);
	small->symbols[1] = (Elf64_Sym){ .st_name = 6, .st_info = STT_FILE };
	small->symbols[2] = (Elf64_Sym){
		.st_name = 1, .st_info = STT_FUNC, .st_shndx = 1, .st_value = 64, .st_size = 10
	};
	small->sections[1] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
					   .sh_offset = offsetof(struct small, symbols),
					   .sh_size = sizeof(small->symbols),
					   .sh_link = 2,
					   .sh_entsize = sizeof(Elf64_Sym) };
	small->sections[2] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
					   .sh_offset = offsetof(struct small, names),
					   .sh_size = sizeof(small->names) };
}

static void test_elf_hostile(void)
{
	GRand *random = g_rand_new_with_seed(5);
	struct small small;
	struct seen seen = { 0 };

	small_make(&small);
	g_assert_true(fdar_elf_functions((const uint8_t *)&small, sizeof(small), see, &seen));
	g_assert_cmpuint(seen.functions, ==, 1);
	g_assert_cmpuint(seen.letters, ==, 4);
	for (size_t length = 0; length < sizeof(small); length++) {
		g_autofree uint8_t *copy = g_memdup2(&small, length ? length : 1);

		fdar_elf_functions(copy, length, see, &seen);
		fdar_elf_imports(copy, length, "main");
	}
	for (unsigned round = 0; round < 200000; round++) {
		g_autofree uint8_t *copy = g_memdup2(&small, sizeof(small));
		int flips = g_rand_int_range(random, 1, 6);

		for (int i = 0; i < flips; i++)
			copy[g_rand_int_range(random, 0, sizeof(small))] =
				(uint8_t)(g_rand_int_range(random, 0, 3) ? g_rand_int(random)
									 : 0xff);
		fdar_elf_functions(copy, sizeof(small), see, &seen);
		fdar_elf_imports(copy, sizeof(small), "main");
	}
	g_rand_free(random);
}

#define WINDOW_NS 100000000u
#define COST_NS   40u
#define BUDGET    50000u /* ppm: 5 % */

/* A skeleton of few long calls, and three that are called all the time: one of them varies. */
static const struct fdar_budget_function load[] = {
	{ .calls = 100, .ns = 90000000, .longest_ns = 1000000, .window_ns = WINDOW_NS },
	{ .calls = 1000, .ns = 80000000, .longest_ns = 200000, .window_ns = WINDOW_NS },
	{ .calls = 200000, .ns = 20000000, .longest_ns = 120, .window_ns = WINDOW_NS },
	{ .calls = 150000, .ns = 15000000, .longest_ns = 110, .window_ns = WINDOW_NS },
	{ .calls = 50000, .ns = 25000000, .longest_ns = 3000000, .window_ns = WINDOW_NS },
};

static void test_budget(void)
{
	struct fdar_budget_function functions[G_N_ELEMENTS(load)];
	uint32_t order[G_N_ELEMENTS(load)];
	uint64_t spent;

	memcpy(functions, load, sizeof(load));
	spent = fdar_budget_decide(functions, order, G_N_ELEMENTS(load), WINDOW_NS, COST_NS,
				   BUDGET);
	g_assert_cmpuint(spent, <=, WINDOW_NS / 20);
	g_assert_false(functions[0].off);
	g_assert_false(functions[1].off);
	g_assert_true(functions[2].off && functions[2].changed);
	g_assert_true(functions[3].off && functions[3].changed);
	g_assert_false(functions[4].off); /* it varies */
	/* The same load again, what is off keeping what it had: nothing moves any more. */
	for (unsigned i = 0; i < 20; i++) {
		fdar_budget_decide(functions, order, G_N_ELEMENTS(load), WINDOW_NS, COST_NS,
				   BUDGET);
		for (unsigned j = 0; j < G_N_ELEMENTS(load); j++)
			g_assert_false(functions[j].changed);
	}
}

/* Calls have what the rest leaves of it, and a fifth in any case. */
static void test_budget_left(void)
{
	g_assert_cmpuint(fdar_budget_left_ppm(WINDOW_NS, 0, 50000), ==, 50000);
	g_assert_cmpuint(fdar_budget_left_ppm(WINDOW_NS, WINDOW_NS / 50, 50000), ==, 30000);
	g_assert_cmpuint(fdar_budget_left_ppm(WINDOW_NS, WINDOW_NS / 25, 50000), ==, 10000);
	g_assert_cmpuint(fdar_budget_left_ppm(WINDOW_NS, WINDOW_NS, 50000), ==, 10000);
	g_assert_cmpuint(fdar_budget_left_ppm(WINDOW_NS, UINT64_MAX, 1000000), ==, 200000);
	g_assert_cmpuint(fdar_budget_left_ppm(0, 5, 50000), ==, 10000);
}

/* Under any load it ends in the budget, after one window; and comes back when the load has gone. */
static void test_budget_any(void)
{
	GRand *random = g_rand_new_with_seed(11);
	struct fdar_budget_function functions[300];
	uint32_t order[300];

	for (unsigned round = 0; round < 200; round++) {
		uint64_t spent;
		unsigned off = 0;

		for (unsigned i = 0; i < 300; i++)
			functions[i] = (struct fdar_budget_function){
				.calls = 1u << g_rand_int_range(random, 0, 18),
				.ns = g_rand_int(random) >> g_rand_int_range(random, 0, 20),
				.longest_ns = g_rand_int(random) >> g_rand_int_range(random, 0, 20),
				.window_ns = WINDOW_NS,
			};
		spent = fdar_budget_decide(functions, order, 300, WINDOW_NS, COST_NS, BUDGET);
		g_assert_cmpuint(spent, <=, WINDOW_NS / 20);
		for (unsigned i = 0; i < 300; i++)
			off += functions[i].off;
		for (unsigned again = 0; again < 3; again++) {
			spent = fdar_budget_decide(functions, order, 300, WINDOW_NS, COST_NS,
						   BUDGET);
			g_assert_cmpuint(spent, <=, WINDOW_NS / 20);
		}
		for (unsigned i = 0; i < 300; i++)
			functions[i].calls = 1;
		fdar_budget_decide(functions, order, 300, WINDOW_NS, COST_NS, BUDGET);
		for (unsigned i = 0; i < 300; i++)
			g_assert_false(functions[i].off);
		g_assert_cmpuint(off, <, 300);
	}
	g_rand_free(random);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/selection/rules", test_rules);
	g_test_add_func("/selection/rules_clones", test_rules_clones);
	g_test_add_func("/selection/rules_cpp", test_rules_cpp);
	g_test_add_func("/selection/rules_met", test_rules_met);
	g_test_add_func("/selection/rules_threads", test_rules_threads);
	g_test_add_func("/selection/rules_hostile", test_rules_hostile);
	g_test_add_func("/selection/elf_itself", test_elf_itself);
	g_test_add_func("/selection/elf_hostile", test_elf_hostile);
	g_test_add_func("/selection/budget", test_budget);
	g_test_add_func("/selection/budget/left", test_budget_left);
	g_test_add_func("/selection/budget_any", test_budget_any);
	return g_test_run();
}
