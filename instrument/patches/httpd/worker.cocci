// The worker MPM: a connection stays with one worker, from the queue to its end. One that is cut
// off because the server shuts down does not end: it was hanging, and is to be seen as unfinished.
@@ @@
  #include "mpm_fdqueue.h"
+ #include <pthread.h>
+ #include <flowdar/flowdar.h>

@@
identifier ti;
@@
  listener_thread(...)
  {
  <...
  free(ti);
+ pthread_setname_np(pthread_self(), "listener");
  ...>
  }

@@
identifier ti;
@@
  worker_thread(...)
  {
  <...
  free(ti);
+ {
+     char flowdar_name[16];
+
+     apr_snprintf(flowdar_name, sizeof(flowdar_name), "worker %d", thread_slot);
+     pthread_setname_np(pthread_self(), flowdar_name);
+ }
  ...>
  }

@@
symbol thd, ptrans, process_slot, thread_slot;
identifier csd;
@@
  worker_thread(...)
  {
  <...
  process_socket(thd, ptrans, csd, process_slot, thread_slot, ...);
+ if (workers_may_exit)
+     FLOWDAR_SESSION_SUSPEND(csd);
+ else
+     FLOWDAR_SESSION_END(csd);
  ...>
  }

@@
identifier csd;
@@
  listener_thread(...)
  {
  <...
+ FLOWDAR_SESSION_END(csd);
  apr_socket_close(csd);
  ...>
  }
