// A client is gone. Connections that nginx itself opened have no listening socket.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>

@@
symbol c;
@@
  ngx_close_connection(...)
  {
  <...
  if (c->read->timer_set) {
  ...
  }
+ if (c->listening) {
+     FLOWDAR_SESSION_END(c->number);
+ }
  ...>
  }
