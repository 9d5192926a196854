// The event MPM: a connection goes from the listener through the fd queue to a worker, which gives
// it back to the listener's pollset whenever it has to wait for the client, and so on. A connection
// that is cut off because the server shuts down does not end: it is to be seen as unfinished.
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

// Back to the listener: the socket waits in its pollset and in one of the timeout queues, which
// change together, under one lock.
@@
expression head;
identifier el;
@@
  TO_QUEUE_APPEND(...)
  {
  ...
+ FLOWDAR_HANDOFF_PUT(el->pfd.desc.s, "pollset");
  APR_RING_INSERT_TAIL(head, el, ...);
  ...
  }

@@
identifier el;
@@
  TO_QUEUE_REMOVE(...)
  {
+ FLOWDAR_HANDOFF_TAKE(el->pfd.desc.s, "pollset");
  APR_RING_REMOVE(el, ...);
  ...
  }

@@
symbol func, first;
@@
  process_timeout_queue(...)
  {
  <...
+ FLOWDAR_HANDOFF_TAKE(first->pfd.desc.s, "pollset");
  func(first);
  ...>
  }

// Timed out: the listener leaves the closing to a worker.
@@
identifier cs;
@@
  defer_lingering_close(...)
  {
  <...
  cs->deferred_linger = 1;
+ FLOWDAR_HANDOFF_PUT(cs->pfd.desc.s, "linger chain");
  ...>
  }

@@
identifier cs;
@@
  worker_thread(...)
  {
  <...
  cs->chain = NULL;
+ FLOWDAR_HANDOFF_TAKE(cs->pfd.desc.s, "linger chain");
  ...>
  }

// A module keeps the connection to itself for a while.
@@
identifier cs;
@@
  process_socket(...)
  {
  <...
  if (cs->pub.state == CONN_STATE_SUSPENDED) {
  ...
  notify_suspend(cs);
+ FLOWDAR_SESSION_SUSPEND(cs->pfd.desc.s);
  ...
  }
  ...>
  }

// The ends.
@@
identifier cs;
@@
  close_connection(...)
  {
  <...
+ if (workers_may_exit)
+     FLOWDAR_SESSION_SUSPEND(cs->pfd.desc.s);
+ else
+     FLOWDAR_SESSION_END(cs->pfd.desc.s);
  close_socket_nonblocking(cs->pfd.desc.s);
  ...>
  }

@@
identifier csd;
@@
  push2worker(...)
  {
  <...
+ FLOWDAR_SESSION_END(csd);
  close_socket_nonblocking(csd);
  ...>
  }

@@
identifier c;
@@
  process_socket(...)
  {
  <...
  if (!c) {
+ FLOWDAR_SESSION_END(sock);
  ...
  }
  ...>
  }
