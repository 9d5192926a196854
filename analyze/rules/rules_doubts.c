/* What rules met that looks wrong, as what speaks against all that is told by them. */
#include "analyze/rules/rules_private.h"
#include "pipeline/recording/doubts.h"

static void tell(GPtrArray *doubts, const struct fdar_rule_met *rule, guint64 count, gboolean grave,
		 const char *what)
{
	if (count)
		fdar_doubts_add(doubts, grave ? FDAR_DOUBT_RULES : FDAR_DOUBT_WARNED,
				g_strdup_printf("rule %s: %s: %" G_GUINT64_FORMAT
						" of %" G_GUINT64_FORMAT
						" (flowdar rules --check says more)",
						rule->name, what, count, rule->met));
}

static void tell_rule(GPtrArray *doubts, const struct fdar_rule_met *met, const struct rule *rule)
{
	gboolean takes = rule->kind == FDAR_EVENT_HANDOFF_TAKE;
	guint64 many = met->met / 100, begun = met->open + met->again;

	tell(doubts, met, met->uncertain, TRUE,
	     "hand-overs that may be of another put, as the queue was not empty when the recording "
	     "began, or a put is not told");
	tell(doubts, met, met->early, met->early > many, "takes before their put");
	tell(doubts, met, met->stray, met->stray > many,
	     takes ? "takes without a put" : "nothing was open that it ends or resumes");
	tell(doubts, met, met->again, met->again > many, "begins of what was open");
	tell(doubts, met, met->no_key, met->no_key > many, "no key");
	tell(doubts, met, met->no_field, FALSE, "no such field");
	/* Who is open at the end may have been; all who ever began are not. */
	if (begun > 1 && met->met == begun && rule->kind != FDAR_EVENT_HANDOFF_PUT)
		tell(doubts, met, begun, TRUE, "begins without an end");
}

void fdar_rules_run_doubts(const struct fdar_rules_run *run, GPtrArray *doubts)
{
	g_autoptr(GArray) met = run ? fdar_rules_run_met(run) : NULL;
	gboolean any = FALSE, sessions = FALSE;

	for (guint i = 0; met && i < met->len; i++) {
		const struct fdar_rule_met *one = &g_array_index(met, struct fdar_rule_met, i);
		const struct rule *rule = g_ptr_array_index(run->rules->rules, i);

		any |= one->met > 0;
		sessions |= one->met > 0 && rule->kind == FDAR_EVENT_SESSION_BEGIN;
		tell_rule(doubts, one, rule);
	}
	if (met && met->len && !any)
		fdar_doubts_add(doubts, FDAR_DOUBT_RULES,
				g_strdup("none of the rules met anything (flowdar rules --check "
					 "says why)"));
	if (sessions && run->told)
		fdar_doubts_add(doubts, FDAR_DOUBT_RULES,
				g_strdup("sessions by rules are counted beside those that the "
					 "server's marks, or --io, tell of: leave out the rules "
					 "that begin sessions"));
}
