#include "base/errors.h"

G_DEFINE_QUARK(fd_source_error, fd_source_error)
