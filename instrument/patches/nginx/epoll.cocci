// The event loop turns to a connection, and away from it when it is still open.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>

@@
symbol c;
identifier ev = {rev, wev};
@@
  ngx_epoll_process_events(...)
  {
  <...
- ev->handler(ev);
+ {
+     ngx_atomic_uint_t  flowdar_key;
+
+     flowdar_key = 0;
+     if (FLOWDAR_ENABLED(session_resume) && ev->log) {
+         flowdar_key = ev->log->connection;
+     }
+     if (flowdar_key) {
+         FLOWDAR_SESSION_RESUME(flowdar_key);
+     }
+     ev->handler(ev);
+     if (flowdar_key && c->fd != (ngx_socket_t) -1) {
+         FLOWDAR_SESSION_SUSPEND(flowdar_key);
+     }
+ }
  ...>
  }
