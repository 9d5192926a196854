/*
 * The sequence diagram as text: for a terminal, for Mermaid and PlantUML, and as JSON.
 *
 * Place in the house: the same stories as viz/sequence draws (struct fdar_sequence), without a scene.
 * docs/sequence-diagrams.md says what each form shows, docs/formats/sequence.md what is in the JSON.
 *
 * Everything that comes from a trace is made harmless in each form: no control characters or overrides,
 * and nothing that the form's own language would understand.
 */
#ifndef FDAR_VIZ_PLAIN_PLAIN_H
#define FDAR_VIZ_PLAIN_PLAIN_H

#include <glib.h>

#include "viz/sequence/sequence.h"

#define FDAR_PLAIN_COLUMNS_MIN 60u
#define FDAR_PLAIN_MERMAID_MAX \
	50000u /* characters: what Mermaid takes, where nobody says otherwise */
#define FDAR_PLAIN_MERMAID_STEPS 2000u /* it needs seconds for these */

#define FDAR_PLAIN_ERROR fdar_plain_error_quark()
GQuark fdar_plain_error_quark(void);

enum fdar_plain_error {
	FDAR_PLAIN_ERROR_LARGE /* more than the form's readers take */
};

/* For a terminal so many columns wide: a line a step, below the name of its thread; sides as columns. Each result
 * here and below is freed by the caller (g_string_free). */
GString *fdar_plain_text(const struct fdar_sequence *sequence,
			 const struct fdar_sequence_options *options, unsigned columns);

/* Of the last side; ratios say how it compares with the first. NULL and error (FDAR_PLAIN_ERROR_LARGE) when
 * Mermaid would refuse it. */
GString *fdar_plain_mermaid(const struct fdar_sequence *sequence,
			    const struct fdar_sequence_options *options, GError **error);
GString *fdar_plain_plantuml(const struct fdar_sequence *sequence,
			     const struct fdar_sequence_options *options);

/* All of both sides. */
GString *fdar_plain_json(const struct fdar_sequence *sequence);

#endif
