#include "io/writing.h"

__thread volatile int fdar_writing_depth;
