// What was put off until after the events of this turn of the loop.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>

@@
symbol ev;
@@
  ngx_event_process_posted(...)
  {
  <...
+ if (FLOWDAR_ENABLED(session_resume) && ev->log && ev->log->connection) {
+     FLOWDAR_SESSION_RESUME(ev->log->connection);
+ }
  ev->handler(ev);
  ...>
  }
