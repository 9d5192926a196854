// A client's connection that speaks HTTP/2. That of a server behind serves many clients at once: nobody's.
@@ @@
  #include <haproxy/connection.h>
+ #include <flowdar/flowdar.h>
+
+ extern void flowdar_turn(const struct connection *conn);

@@
symbol h2c, conn;
@@
  h2_io_cb(...)
  {
  <...
+ flowdar_turn(conn);
  if (!(h2c->wait_event.events & SUB_RETRY_SEND))
  	ret = h2_send(h2c);
  ...>
  }
