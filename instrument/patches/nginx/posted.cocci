// What was put off until after the events of this turn of the loop: with poll and select, all there is.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>
+
+ #pragma weak ngx_flowdar_current
+ ngx_atomic_uint_t  ngx_flowdar_current;

@@
symbol ev;
@@
  ngx_event_process_posted(...)
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
