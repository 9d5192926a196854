// The same for UDP: a client that was not heard of before.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>

@@
symbol c, ls;
@@
  ngx_event_recvmsg(...)
  {
  <...
+ FLOWDAR_SESSION_BEGIN(c->number, c->sockaddr, c->fd);
  ls->handler(c);
+ if (c->fd != (ngx_socket_t) -1) {
+     FLOWDAR_SESSION_SUSPEND(c->number);
+ }
  ...>
  }
