// HTTP/2: the names of its threads.
@@ @@
  #include "h2_workers.h"
+ #include <pthread.h>
+ #include <flowdar/flowdar.h>

@@
symbol slot;
@@
  slot_run(...)
  {
  <...
  slot->state = H2_SLOT_RUN;
+ {
+     char flowdar_name[16];
+
+     apr_snprintf(flowdar_name, sizeof(flowdar_name), "h2 worker %d", slot->id);
+     pthread_setname_np(pthread_self(), flowdar_name);
+ }
  ...>
  }
