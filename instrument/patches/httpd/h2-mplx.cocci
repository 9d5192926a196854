// HTTP/2: a stream goes from its connection's thread to one of the threads of HTTP/2, which serves the request and
// gives its answer back through a buffer. Both marks are inside the lock of the queue. What is taken out because
// the client does not want it any more is taken by the connection's own thread.
@@ @@
  #include "h2_util.h"
+ #include <flowdar/flowdar.h>

@@
symbol m, stream;
@@
  c1_process_stream(...)
  {
  <...
+ FLOWDAR_HANDOFF_PUT(stream, "HTTP/2 streams");
  h2_iq_add(m->q, stream->id, ...);
  ...>
  }

@@
symbol m, stream;
@@
  m_stream_cleanup(...)
  {
  <...
- h2_iq_remove(m->q, stream->id);
+ if (h2_iq_remove(m->q, stream->id))
+     FLOWDAR_HANDOFF_TAKE(stream, "HTTP/2 streams");
  ...>
  }

@@
symbol m, stream, sid;
@@
  s_next_c2(...)
  {
  <...
  stream = h2_ihash_get(m->streams, sid);
+ if (stream)
+     FLOWDAR_HANDOFF_TAKE(stream, "HTTP/2 streams");
  ...>
  }

@@
symbol m;
@@
  s_next_c2(...)
  {
  <...
  ++m->processing_count;
+ FLOWDAR_SESSION_RESUME(ap_get_conn_socket(m->c1));
  ...>
  }

@@
symbol m, c2, conn_ctx;
@@
  c2_prod_done(...)
  {
  <...
  s_c2_done(m, c2, conn_ctx);
+ FLOWDAR_SESSION_SUSPEND(ap_get_conn_socket(m->c1));
  ...>
  }
