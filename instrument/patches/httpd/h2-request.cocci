// HTTP/2: a stream's request begins when a thread makes it; the stream has a connection of its own, which is its
// client's in nothing but its master. request-end.cocci has its end.
@@ @@
  #include "h2_util.h"
+ #include <flowdar/flowdar.h>

@@
symbol r, req, c;
@@
  c2_process(...)
  {
  <...
+ FLOWDAR_REQUEST_BEGIN(ap_get_conn_socket(c->master), apr_psprintf(c->pool, "%s %s HTTP/2.0", req->method, req->path ? req->path : req->authority));
  r = h2_create_request_rec(req, c, ...);
  ...>
  }
