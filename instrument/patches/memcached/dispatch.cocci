// A client's connection is a session; its key is the descriptor. The thread that accepts gives it to a worker.
@@ @@
  #include "memcached.h"
+ #include "flowdar/flowdar.h"

@@
symbol item, thread, sfd, init_state, conn_new_cmd;
@@
  dispatch_conn_new(...)
  {
  <...
+ if (init_state == conn_new_cmd) {
+     FLOWDAR_SESSION_BEGIN(sfd, (const char *)NULL, sfd);
+     FLOWDAR_HANDOFF_PUT(item, "new connections");
+ }
  notify_worker(thread, item);
  ...>
  }

// Not by the function's name: Coccinelle does not see through the ways out of its loop.
@@
symbol item, me, ev_queue;
@@
  item = cq_pop(me->ev_queue);
+ if (item && item->mode == queue_new_conn && item->init_state == conn_new_cmd)
+     FLOWDAR_HANDOFF_TAKE(item, "new connections");

@@
symbol item, sfd;
@@
+ FLOWDAR_SESSION_END(item->sfd);
  close(item->sfd);

@@
symbol c, me, thread;
@@
  c->thread = me;
+ FLOWDAR_SESSION_SUSPEND(c->sfd);
