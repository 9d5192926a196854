/* Completions for bash, zsh and fish, written once when the program is built. They ask nobody, but the program for
 * the labels, clients, functions and threads of recordings that stand in the line (offered.c). */
#include "cli/kit/help.h"

#include <stdio.h>
#include <string.h>

/* What a value or an argument may be. */
enum kind {
	ANYTHING,
	WORDS,
	FILES,
	FOLDERS,
	RECORDINGS,
	COMMANDS,
	USERS,
	INTERFACES,
	LABELS,
	CLIENTS,
	FUNCTIONS,
	THREADS
};

/* Out of the words that the help has for it. */
static enum kind kind_of_word(const char *word)
{
	static const struct {
		const char *word;
		enum kind kind;
	} kinds[] = {
		{ "RECORDING", RECORDINGS }, { "TRACE", RECORDINGS },   { "REC", RECORDINGS },
		{ "BASELINE", RECORDINGS },  { "SUBJECT", RECORDINGS }, { "DIR", FOLDERS },
		{ "OUT", FOLDERS },          { "FILE", FILES },         { "CAPTURE", FILES },
		{ "INTERFACE", INTERFACES }, { "LABEL", LABELS },       { "FUNCTION", FUNCTIONS },
		{ "THREAD", THREADS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_has_prefix(word, kinds[i].word))
			return kinds[i].kind;
	}
	return ANYTHING;
}

static enum kind kind_of_option(const struct fdar_usage *usage, const GOptionEntry *entry,
				const char **values)
{
	gboolean open;

	*values = fdar_usage_values_of(usage, entry->long_name, &open);
	if (*values)
		return WORDS;
	if (strcmp(entry->long_name, "user") == 0)
		return USERS;
	if (strcmp(entry->long_name, "session") == 0)
		return CLIENTS;
	return kind_of_word(entry->arg_description ? entry->arg_description : "");
}

static enum kind kind_of_arguments(const struct fdar_usage *usage)
{
	static const char *const words[] = { "RECORDING", "TRACE", "BASELINE", "CAPTURE", "FILE" };

	if (strstr(usage->synopsis, "-- COMMAND"))
		return COMMANDS;
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		const char *found = strstr(usage->synopsis, words[i]);

		/* Not the value of an option that the synopsis shows. */
		if (found && !(found - usage->synopsis >= 3 && g_str_has_prefix(found - 3, "-o ")))
			return kind_of_word(words[i]);
	}
	return strstr(usage->synopsis, "DIR") ? FOLDERS : FILES;
}

/* A text for between single quotes of zsh and fish. The caller frees the result. */
static char *quoted(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "'", -1);

	return g_strjoinv("'\\''", parts);
}

/* The first part of an option's text, without what a shell would take for its own, quoted. */
static char *short_text(const GOptionEntry *entry)
{
	g_autofree char *text = g_strdup(entry->description ? entry->description : "");
	gsize end = strcspn(text, ";:([");

	text[end] = '\0';
	g_strdelimit(text, "\"`$\\]", ' ');
	return quoted(g_strchomp(text));
}

/* ---- bash ---- */

static const char *const bash_actions[] = {
	[ANYTHING] = "kind=anything",     [FILES] = "kind=files",       [FOLDERS] = "kind=folders",
	[RECORDINGS] = "kind=recordings", [COMMANDS] = "kind=commands", [USERS] = "kind=users",
	[INTERFACES] = "kind=interfaces", [WORDS] = "kind=words",       [LABELS] = "kind=labels",
	[FUNCTIONS] = "kind=functions",   [CLIENTS] = "kind=clients",   [THREADS] = "kind=threads",
};

static void bash_command(const struct fdar_usage *usage, const GOptionEntry *entries)
{
	g_autoptr(GString) names = g_string_new("--help");

	printf("\t%s)\n\t\tcase $previous in\n", usage->command);
	for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
		const char *values;
		enum kind kind = kind_of_option(usage, entry, &values);

		if (entry->flags & G_OPTION_FLAG_HIDDEN)
			continue;
		g_string_append_printf(names, " --%s%s", entry->long_name,
				       entry->arg == G_OPTION_ARG_NONE ? "" : "=");
		if (entry->arg == G_OPTION_ARG_NONE)
			continue;
		printf("\t\t--%s", entry->long_name);
		if (entry->short_name)
			printf(" | -%c", entry->short_name);
		printf(") %s", bash_actions[kind]);
		if (values)
			printf(" words='%s'", values);
		puts(" ;;");
	}
	printf("\t\t*) %s options='%s' ;;\n\t\tesac\n\t\t;;\n",
	       bash_actions[kind_of_arguments(usage)], names->str);
}

static void bash_head(const char *const *commands)
{
	puts("# bash completion for flowdar; made by flowdar --help=bash\n"
	     "\n"
	     "# Folders, the recordings among them closed: what is below is seldom meant.\n"
	     "_flowdar_recordings() {\n"
	     "\tlocal folder\n"
	     "\twhile IFS= read -r folder; do\n"
	     "\t\tif [ -e \"$folder/recording.json\" ]; then\n"
	     "\t\t\tCOMPREPLY+=(\"$folder \")\n"
	     "\t\telse\n"
	     "\t\t\tCOMPREPLY+=(\"$folder/\")\n"
	     "\t\tfi\n"
	     "\tdone < <(compgen -d -- \"$1\")\n"
	     "\tcompopt -o nospace\n"
	     "}\n"
	     "\n"
	     "# Labels, clients, functions or threads of the recordings in the line. Nothing of "
	     "them is expanded; a colon\n"
	     "# ends bash's words, so what is before it stays.\n"
	     "_flowdar_offered() {\n"
	     "\tlocal name before=\n"
	     "\t[[ $2 != *:* ]] || before=${2%:*}:\n"
	     "\twhile IFS= read -r name; do\n"
	     "\t\t[[ $name != \"$2\"* ]] || COMPREPLY+=(\"${name#\"$before\"}\")\n"
	     "\tdone < <(\"${COMP_WORDS[0]/#\\~/$HOME}\" \"--help=$1\" \"${COMP_WORDS[@]:2}\" "
	     "2>/dev/null)\n"
	     "}\n"
	     "\n"
	     "_flowdar() {\n"
	     "\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tlocal command=${COMP_WORDS[1]} kind='' words='' options='' at=$COMP_CWORD\n"
	     "\tCOMPREPLY=()\n"
	     "\t# An address and its port come as three words, and so does \"--option=value\".\n"
	     "\tif [ \"$current\" = : ] && [ \"$at\" -gt 2 ]; then\n"
	     "\t\tcurrent=$previous: at=$((at - 1))\n"
	     "\telif [ \"$previous\" = : ] && [ \"$at\" -gt 3 ]; then\n"
	     "\t\tcurrent=${COMP_WORDS[at-2]}:$current at=$((at - 2))\n"
	     "\tfi\n"
	     "\tprevious=${COMP_WORDS[at-1]}\n"
	     "\tif [ \"$current\" = = ]; then\n"
	     "\t\tcurrent=\n"
	     "\telif [ \"$previous\" = = ]; then\n"
	     "\t\tprevious=${COMP_WORDS[at-2]}\n"
	     "\tfi\n"
	     "\tif [ \"$COMP_CWORD\" = 1 ] || [ \"$command\" = help ]; then");
	fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '--help --version help", stdout);
	for (; *commands; commands += 2)
		printf(" %s", *commands);
	puts("' -- \"$current\")\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcase $command in");
}

static void bash_foot(void)
{
	puts("\tesac\n"
	     "\tif [ -n \"$options\" ] && [[ $current == -* ]]; then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
	     "\t\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tcase $kind in\n"
	     "\twords) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\") ;;\n"
	     "\tlabels | clients | functions | threads) _flowdar_offered \"$kind\" \"$current\" "
	     ";;\n"
	     "\trecordings) _flowdar_recordings \"$current\" ;;\n"
	     "\tfiles)\n"
	     "\t\tcompopt -o filenames\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
	     "\t\t;;\n"
	     "\tfolders)\n"
	     "\t\tcompopt -o filenames\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$current\")\n"
	     "\t\t;;\n"
	     "\tcommands)\n"
	     "\t\tcompopt -o filenames\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -c -f -- \"$current\" | sort -u)\n"
	     "\t\t;;\n"
	     "\tusers) mapfile -t COMPREPLY < <(compgen -u -- \"$current\") ;;\n"
	     "\tinterfaces)\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"any $(ls /sys/class/net)\" -- "
	     "\"$current\")\n"
	     "\t\t;;\n"
	     "\tesac\n"
	     "}\n"
	     "complete -F _flowdar flowdar");
}

/* ---- zsh ---- */

static const char *const zsh_actions[] = {
	[ANYTHING] = " ",
	[FILES] = "_files",
	[FOLDERS] = "_files -/",
	[RECORDINGS] = "_files",
	[COMMANDS] = "_normal",
	[USERS] = "_users",
	[INTERFACES] = "_net_interfaces",
	[WORDS] = NULL,
	[LABELS] = " _flowdar_offered labels",
	[CLIENTS] = " _flowdar_offered clients",
	[FUNCTIONS] = " _flowdar_offered functions",
	[THREADS] = " _flowdar_offered threads",
};

static void zsh_option(const struct fdar_usage *usage, const GOptionEntry *entry)
{
	const char *values;
	enum kind kind = kind_of_option(usage, entry, &values);
	g_autofree char *text = short_text(entry);
	g_autofree char *value = NULL;

	if (entry->arg != G_OPTION_ARG_NONE && values)
		value = g_strdup_printf(":value:(%s)", values);
	else if (entry->arg != G_OPTION_ARG_NONE)
		value = g_strdup_printf(":value:%s", zsh_actions[kind]);
	printf("\t\t\t'*--%s%s[%s]%s'", entry->long_name, value ? "=" : "", text,
	       value ? value : "");
	if (entry->short_name)
		printf(" '*-%c%s[%s]%s'", entry->short_name, value ? "+" : "", text,
		       value ? value : "");
	puts(" \\");
}

static void zsh_command(const struct fdar_usage *usage, const GOptionEntry *entries)
{
	enum kind kind = kind_of_arguments(usage);

	printf("\t%s)\n\t\t_arguments \\\n", usage->command);
	for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
		if (!(entry->flags & G_OPTION_FLAG_HIDDEN))
			zsh_option(usage, entry);
	}
	printf("\t\t\t'--help[show the help]' '*%s:argument:%s'\n\t\t;;\n",
	       kind == COMMANDS ? "::" : "", kind == COMMANDS ? "_normal" : zsh_actions[kind]);
}

static void zsh_head(const char *const *commands)
{
	puts("#compdef flowdar\n"
	     "# zsh completion for flowdar; made by flowdar --help=zsh\n"
	     "\n"
	     "# Labels, clients, functions or threads of the recordings in the line.\n"
	     "_flowdar_offered() {\n"
	     "\tlocal -a names\n"
	     "\tnames=(${(f)\"$(${(Q)program} --help=$1 ${(Q)words[2,-1]} 2>/dev/null)\"})\n"
	     "\tcompadd -a names\n"
	     "}\n"
	     "\n"
	     "_flowdar() {\n"
	     "\tlocal program=$words[1]\n"
	     "\tlocal -a commands=(");
	for (; *commands; commands += 2) {
		g_autofree char *text = quoted(commands[1]);

		printf("\t\t'%s:%s'\n", commands[0], text);
	}
	puts("\t\t'help:about a command'\n"
	     "\t)\n"
	     "\tif (( CURRENT == 2 )) || [[ $words[2] == help ]]; then\n"
	     "\t\t_describe command commands\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tshift words\n"
	     "\t(( CURRENT-- ))\n"
	     "\tcase $words[1] in");
}

static void zsh_foot(void)
{
	puts("\tesac\n"
	     "}\n"
	     "_flowdar \"$@\"");
}

/* ---- fish ---- */

static const char *const fish_actions[] = {
	[ANYTHING] = "-x",
	[FILES] = "-r -F",
	[FOLDERS] = "-x -a '(__fish_complete_directories)'",
	[RECORDINGS] = "-x -a '(__fish_complete_directories)'",
	[COMMANDS] = "-x -a '(__fish_complete_subcommand)'",
	[USERS] = "-x -a '(__fish_complete_users)'",
	[INTERFACES] = "-x -a '(command ls /sys/class/net)'",
	[WORDS] = NULL,
	[LABELS] = "-x -a '(flowdar --help=labels (commandline -opc)[3..-1] 2>/dev/null)'",
	[CLIENTS] = "-x -a '(flowdar --help=clients (commandline -opc)[3..-1] 2>/dev/null)'",
	[FUNCTIONS] = "-x -a '(flowdar --help=functions (commandline -opc)[3..-1] 2>/dev/null)'",
	[THREADS] = "-x -a '(flowdar --help=threads (commandline -opc)[3..-1] 2>/dev/null)'",
};

static void fish_command(const struct fdar_usage *usage, const GOptionEntry *entries)
{
	enum kind arguments = kind_of_arguments(usage);
	g_autofree char *when =
		g_strdup_printf("complete -c flowdar -n '__fish_seen_subcommand_from %s'",
				usage->command);

	for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
		const char *values;
		enum kind kind = kind_of_option(usage, entry, &values);
		g_autofree char *text = short_text(entry);

		if (entry->flags & G_OPTION_FLAG_HIDDEN)
			continue;
		printf("%s -l %s", when, entry->long_name);
		if (entry->short_name)
			printf(" -s %c", entry->short_name);
		if (entry->arg != G_OPTION_ARG_NONE && values)
			printf(" -x -a '%s'", values);
		else if (entry->arg != G_OPTION_ARG_NONE)
			printf(" %s", fish_actions[kind]);
		printf(" -d '%s'\n", text);
	}
	if (arguments == FOLDERS || arguments == RECORDINGS)
		printf("%s -f -a '(__fish_complete_directories)'\n", when);
	else if (arguments == FILES)
		printf("%s -F\n", when);
	else
		printf("%s -a '(__fish_complete_command)'\n", when);
}

static void fish_head(const char *const *commands)
{
	puts("# fish completion for flowdar; made by flowdar --help=fish\n"
	     "complete -c flowdar -f\n"
	     "complete -c flowdar -n __fish_use_subcommand -a 'help' -d 'about a command'");
	for (; *commands; commands += 2) {
		g_autofree char *text = quoted(commands[1]);

		printf("complete -c flowdar -n '__fish_seen_subcommand_from help' -a '%s'\n",
		       commands[0]);
		printf("complete -c flowdar -n __fish_use_subcommand -a '%s' -d '%s'\n",
		       commands[0], text);
	}
}

/* ---- all of them ---- */

void fdar_completion_head(const char *shell, const char *const *commands)
{
	if (strcmp(shell, "bash") == 0)
		bash_head(commands);
	else if (strcmp(shell, "zsh") == 0)
		zsh_head(commands);
	else
		fish_head(commands);
}

void fdar_completion_print(const char *shell, const struct fdar_usage *usage,
			   const GOptionEntry *entries)
{
	if (strcmp(shell, "bash") == 0)
		bash_command(usage, entries);
	else if (strcmp(shell, "zsh") == 0)
		zsh_command(usage, entries);
	else
		fish_command(usage, entries);
}

void fdar_completion_foot(const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		bash_foot();
	else if (strcmp(shell, "zsh") == 0)
		zsh_foot();
}
