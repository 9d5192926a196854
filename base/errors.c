#include "base/errors.h"

G_DEFINE_QUARK(fdar_source_error, fdar_source_error)
