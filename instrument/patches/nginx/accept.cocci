// A client is there. The key is the connection's number: no two connections of all workers have the
// same, and what nginx logs about the connection carries it too (log->connection), also in events of
// the connection's upstream, timers and threads. That is how these are told whose they are.
@@ @@
  #include <ngx_event.h>
+ #include <flowdar/flowdar.h>

@@
symbol c, ls;
@@
  ngx_event_accept(...)
  {
  <...
+ FLOWDAR_SESSION_BEGIN(c->number, c->sockaddr, c->fd);
  ls->handler(c);
+ if (c->fd != (ngx_socket_t) -1) {
+     FLOWDAR_SESSION_SUSPEND(c->number);
+ }
  ...>
  }
