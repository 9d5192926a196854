// A client is gone. Connections that nginx itself opened have no listening socket. Whom the event loop works for
// by a timer or an event that was put off (timer.cocci, posted.cocci), it turns away from unless they are gone. Each
// of the three files has the variable, weak, so that the rules of any may be left out.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>
+
+ #pragma weak ngx_flowdar_current
+ ngx_atomic_uint_t  ngx_flowdar_current;

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
+     if (ngx_flowdar_current == c->number) {
+         ngx_flowdar_current = 0;
+     }
+ }
  ...>
  }
