// A client's connection is a session; its key is the connection's object, which is used again for others.
@@ @@
  #include "base.h"
+ #include "flowdar/flowdar.h"

@@
symbol con, cnt;
@@
  connection_accepted(...)
  {
  <...
  con->fd = cnt;
+ FLOWDAR_SESSION_BEGIN(con, (const char *)NULL, cnt);
  ...>
  }

@@
symbol con, srv;
@@
  connection_close(...)
  {
  <...
+ FLOWDAR_SESSION_END(con);
  connection_del(srv, con);
  ...>
  }

@@
symbol r;
@@
  if (r->http_status)
+ {
+     FLOWDAR_REQUEST_END(0, r->http_status);
      plugins_call_handle_request_done(r);
+ }
