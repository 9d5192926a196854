/*
 * 802.11 frames, and the headers that capturing cards put before them.
 *
 * Private to link.c. Data frames without encryption only: what is encrypted is not IP to us.
 */
#ifndef FDAR_REPLAY_WIRELESS_H
#define FDAR_REPLAY_WIRELESS_H

#include "replay/capture/view.h"

/* Pass the headers: TRUE when view is at an LLC header then. */
gboolean fdar_wireless_pass(struct fdar_view *view);
gboolean fdar_wireless_pass_radiotap(struct fdar_view *view);
gboolean fdar_wireless_pass_avs(struct fdar_view *view);
gboolean fdar_wireless_pass_prism(struct fdar_view *view);

#endif
