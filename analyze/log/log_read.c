#include "analyze/log/log_read.h"

#include <gio/gio.h>
#include <string.h>

#include "pipeline/recording/doubts.h"
#include "pipeline/source/source_notes.h"

#define BATCH 512u

const char *fdar_log_name(const struct fdar_log_names *names, const struct fdar_log_item *item)
{
	if (item->kind == FDAR_LOG_CALL && item->frame == FDAR_FRAME_FUNCTION)
		return fdar_symbols_lookup(names->symbols, item->pid, item->addr)->function;
	return names->run ? fdar_rules_run_text(names->run, item->name)
			  : fdar_source_text(names->source, item->name);
}

const char *fdar_log_component(const struct fdar_log_names *names, const struct fdar_log_item *item)
{
	if (item->kind != FDAR_LOG_CALL || item->frame != FDAR_FRAME_FUNCTION)
		return "";
	const struct fdar_symbol *symbol =
		fdar_symbols_lookup(names->symbols, item->pid, item->addr);

	return names->rules && symbol->known
		       ? fdar_rules_component(names->rules, symbol->component, symbol->function)
		       : symbol->component;
}

/* What instrumenting the server put into it is none of its functions. */
static gboolean is_own(void *user, uint32_t pid, uint64_t addr)
{
	const struct fdar_symbol *symbol = fdar_symbols_lookup(user, pid, addr);

	return strcmp(symbol->component, FDAR_COMPONENT_OWN) == 0;
}

static const char *text_of(const void *source, uint32_t id)
{
	return fdar_source_text(source, id);
}

static void feed(struct fdar_walk *walk, struct fdar_rules_run *run, const struct fdar_event *batch,
		 size_t count)
{
	if (run)
		batch = fdar_rules_run_apply(run, batch, count, &count);
	fdar_walk_feed(walk, batch, count);
}

static gboolean may_go_on(void *user)
{
	const struct fdar_log_input *input = user;

	return !input->go_on || input->go_on(input->user);
}

static gboolean read_all(const struct fdar_log_input *input, struct fdar_log_names *names,
			 struct fdar_rules_run *run, struct fdar_walk *walk, GError **error)
{
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	struct fdar_source_summary summary;
	gssize count;

	while ((count = fdar_source_read(names->source, batch, BATCH, error)) > 0) {
		fdar_source_get_summary(names->source, &summary);
		names->begin_ns = summary.begin_ns;
		fdar_symbols_add_modules(names->symbols, batch, (size_t)count, text_of,
					 names->source);
		feed(walk, run, batch, (size_t)count);
		if (!may_go_on((void *)input)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
	}
	fdar_source_get_summary(names->source, &summary);
	return count == 0 && fdar_source_check_times(&summary, input->path, error);
}

static gboolean check_found(const struct fdar_log_input *input,
			    const struct fdar_log_builder *builder, GError **error)
{
	gboolean found;
	uint64_t sessions = fdar_log_builder_sessions(builder, &found);

	if (found || !input->options->one_session)
		return TRUE;
	if (input->options->peer)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: none of its %" G_GUINT64_FORMAT " sessions is of client %s",
			    input->path, sessions, input->options->peer);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: none of its %" G_GUINT64_FORMAT
			    " sessions has the key 0x%" G_GINT64_MODIFIER "x",
			    input->path, sessions, input->options->key);
	return FALSE;
}

static void warn(const struct fdar_log_input *input, const struct fdar_log_names *names,
		 GPtrArray *warnings)
{
	g_autoptr(GPtrArray) doubts = fdar_doubts_new();
	struct fdar_source_summary summary;

	fdar_source_get_summary(names->source, &summary);
	fdar_doubts_add_all(doubts, fdar_source_doubts(names->source));
	fdar_rules_run_doubts(names->run, doubts);
	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		g_ptr_array_add(warnings, g_strdup_printf("%s: %s", input->path, doubt->text));
	}
	fdar_source_note_times(&summary, input->path, warnings);
	for (const char *const *note = fdar_symbols_notes(names->symbols); *note; note++)
		g_ptr_array_add(warnings, g_strdup(*note));
}

static gboolean hides(void *run, uint32_t pid, uint64_t addr)
{
	return fdar_rules_run_hides(run, pid, addr);
}

gboolean fdar_log_read(const struct fdar_log_input *input, struct fdar_log_names *names,
		       GPtrArray *warnings, GError **error)
{
	struct fdar_source_options how = { .go_on = may_go_on, .user = (void *)input };
	g_autofree char *symbols_dir = g_build_filename(input->path, "symbols", NULL);
	g_autoptr(fdar_rules) rules = NULL;
	g_autoptr(fdar_source) source = NULL;
	g_autoptr(fdar_symbols) symbols = NULL;
	g_autoptr(fdar_rules_run) run = NULL;
	g_autoptr(fdar_log_builder) builder = NULL;
	struct fdar_log_options options = *input->options;

	if (!fdar_rules_load_of(input->path, input->rules, &rules, error))
		return FALSE;
	how.maps = rules ? fdar_rules_maps(rules) : NULL;
	source = fdar_source_open_with(input->path, &how, error);
	if (!source)
		return FALSE;
	symbols = fdar_symbols_new(symbols_dir);
	if (input->listing && !fdar_symbols_use_listing(symbols, input->listing, error))
		return FALSE;
	if (rules)
		run = fdar_rules_run_new(rules, text_of, fdar_source_namespace, source, symbols);
	*names = (struct fdar_log_names){
		.symbols = symbols, .source = source, .rules = rules, .run = run
	};
	if (run) {
		options.hidden = hides;
		options.hidden_user = run;
	}
	builder = fdar_log_builder_new(&options, input->visitor, input->user);
	fdar_log_builder_hide(builder, is_own, symbols);
	if (!read_all(input, names, run, fdar_log_builder_walk(builder), error))
		return FALSE;
	fdar_log_builder_finish(builder);
	names->own_calls = fdar_log_builder_hidden(builder, &names->own_ns);
	if (warnings)
		warn(input, names, warnings);
	return check_found(input, builder, error);
}
