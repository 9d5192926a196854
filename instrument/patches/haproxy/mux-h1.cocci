// A connection that speaks HTTP/1: a client's own, or of a server behind, for the stream that has it.
@@ @@
  #include <haproxy/connection.h>
+ #include <flowdar/flowdar.h>
+
+ extern void flowdar_turn(const struct connection *conn);

@@
symbol h1c, conn;
@@
  h1_io_cb(...)
  {
  <...
+ if (!conn_is_back(conn))
+ 	flowdar_turn(conn);
+ else if (h1c->h1s && h1c->h1s->sess)
+ 	flowdar_turn(objt_conn(h1c->h1s->sess->origin));
  if (!(h1c->wait_event.events & SUB_RETRY_SEND))
  	ret = h1_send(h1c);
  ...>
  }
