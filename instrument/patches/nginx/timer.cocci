// A connection's time is up.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>
+
+ #pragma weak ngx_flowdar_current
+ ngx_atomic_uint_t  ngx_flowdar_current;

@@
symbol ev;
@@
  ngx_event_expire_timers(...)
  {
  <...
+ if (FLOWDAR_ENABLED(session_resume) && ev->log && ev->log->connection) {
+     ngx_flowdar_current = ev->log->connection;
+     FLOWDAR_SESSION_RESUME(ngx_flowdar_current);
+ }
  ev->handler(ev);
+ if (ngx_flowdar_current) {
+     FLOWDAR_SESSION_SUSPEND(ngx_flowdar_current);
+     ngx_flowdar_current = 0;
+ }
  ...>
  }
