// The queue between the listener and the workers, of the worker and the event MPM. What goes
// through it is the connection's socket, which is also the session's key. The event MPM also puts
// "nothing" into it, to wake a worker up. Both marks are inside the queue's lock.
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
+ if (elem->sd)
+     FLOWDAR_HANDOFF_TAKE(elem->sd, "fd queue");
  ...>
  }
