// A client is there: its connection is the session's key. One thread accepts, and gives it to another through
// that one's ring; when the ring is full, or it is its own, it serves it itself.
@@ @@
  #include <haproxy/listener.h>
+ #include <flowdar/flowdar.h>
+
+ extern void flowdar_turn(const struct connection *conn);
+ extern void flowdar_away(void);

@@
symbol cli_conn;
@@
  if (!cli_conn) {
  ...
  }
+ FLOWDAR_SESSION_BEGIN(cli_conn, cli_conn->src, cli_conn->handle.fd);

@@
symbol ring, cli_conn;
@@
+ FLOWDAR_HANDOFF_PUT(cli_conn, "accept queue");
  if (accept_queue_push_mp(ring, cli_conn, ...)) {
  ...
  }
+ FLOWDAR_HANDOFF_TAKE(cli_conn, "accept queue");

@@
symbol ret, cli_conn;
expression accept;
@@
+ flowdar_turn(cli_conn);
  ret = accept(cli_conn);
+ flowdar_away();

@@
symbol ret, conn;
expression accept;
@@
+ FLOWDAR_HANDOFF_TAKE(conn, "accept queue");
+ flowdar_turn(conn);
  ret = accept(conn);
+ flowdar_away();
