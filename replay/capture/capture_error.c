#include "replay/capture/capture_error.h"

G_DEFINE_QUARK(fdar - capture - error - quark, fdar_capture_error)
