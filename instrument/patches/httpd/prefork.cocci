// The prefork MPM: one process, one connection at a time.
@@ @@
  #include "mpm_common.h"
+ #include <flowdar/flowdar.h>

@@
expression connection;
@@
  if (connection) {
  ...
  ap_lingering_close(connection);
  }
+ FLOWDAR_SESSION_END(csd);
