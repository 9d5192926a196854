// The queue between the listener and the workers, of the worker and the event MPM. What goes
// through it is the connection's socket, which is also the session's key. The event MPM also puts
// "nothing" into it, to wake a worker up. Both marks are inside the queue's lock. The
// wait that ends at once says where waiting for work ended, for a thread that was in it already when
// it began to be recorded: what it was in until now is not the session's.
@@ @@
  #include "mpm_fdqueue.h"
+ #include <flowdar/flowdar.h>

@@
symbol sd;
identifier queue, elem;
@@
  ap_queue_push_socket(...)
  {
  <...
+ if (sd)
+     FLOWDAR_HANDOFF_PUT(sd, "fd queue");
  elem = &queue->data[queue->in++];
  ...>
  }

@@
symbol sd;
identifier elem;
@@
  ap_queue_pop_something(...)
  {
  <...
  *sd = elem->sd;
+ if (elem->sd) {
+     FLOWDAR_WAIT_BEGIN("fd queue", FLOWDAR_WAIT_COND, -1);
+     FLOWDAR_WAIT_END(0);
+     FLOWDAR_HANDOFF_TAKE(elem->sd, "fd queue");
+ }
  ...>
  }
