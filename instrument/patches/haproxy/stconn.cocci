// Something to read or write for a stream, of its client or of the server behind.
@@ @@
  #include <haproxy/stconn.h>
+ #include <flowdar/flowdar.h>
+
+ extern void flowdar_turn(const struct connection *conn);

@@
symbol sc;
@@
  sc_conn_io_cb(...)
  {
  <...
  if (!sc_conn(sc))
  	return t;
+ flowdar_turn(objt_conn(__sc_strm(sc)->sess->origin));
  ...>
  }
