// Whom a thread works for: the client's connection, which is a session's key. The tasks of the event loop turn to
// it, and run_tasks_from_lists() away from it, unless it is gone by then.
@@ @@
  #include <haproxy/connection.h>
+ #include <flowdar/flowdar.h>
+
+ static const struct connection *flowdar_current[MAX_THREADS];
+
+ void flowdar_turn(const struct connection *conn)
+ {
+ 	if (conn && !conn_is_back(conn)) {
+ 		flowdar_current[tid] = conn;
+ 		FLOWDAR_SESSION_RESUME(conn);
+ 	}
+ }
+
+ void flowdar_away(void)
+ {
+ 	if (flowdar_current[tid])
+ 		FLOWDAR_SESSION_SUSPEND(flowdar_current[tid]);
+ 	flowdar_current[tid] = NULL;
+ }

@@
symbol conn;
@@
  conn_free(...)
  {
  <...
+ if (!conn_is_back(conn)) {
+ 	FLOWDAR_SESSION_END(conn);
+ 	if (flowdar_current[tid] == conn)
+ 		flowdar_current[tid] = NULL;
+ }
  pool_free(pool_head_connection, conn);
  ...>
  }
