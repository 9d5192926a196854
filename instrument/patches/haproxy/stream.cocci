// A stream's task: its session's client.
@@ @@
  #include <haproxy/stream.h>
+ #include <flowdar/flowdar.h>
+
+ extern void flowdar_turn(const struct connection *conn);

@@
symbol s;
@@
  process_stream(...)
  {
  <...
  activity[tid].stream_calls++;
+ flowdar_turn(objt_conn(s->sess->origin));
  ...>
  }
