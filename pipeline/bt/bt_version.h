/*
 * Which babeltrace2 there is.
 *
 * Place in the house: for who decides what it is asked, without its headers.
 */
#ifndef FDAR_PIPELINE_BT_BT_VERSION_H
#define FDAR_PIPELINE_BT_BT_VERSION_H

#include <glib.h>

/* Whether it reads CTF 2: 2.1 and later do. */
gboolean fdar_bt_reads_ctf2(void);

#endif
