// A connection's time is up.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>

@@
symbol ev;
@@
  ngx_event_expire_timers(...)
  {
  <...
+ if (FLOWDAR_ENABLED(session_resume) && ev->log && ev->log->connection) {
+     FLOWDAR_SESSION_RESUME(ev->log->connection);
+ }
  ev->handler(ev);
  ...>
  }
