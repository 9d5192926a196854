// A request begins when its first line is there, sound or not: the wait for it is the connection's.
@@ @@
  #include "http_vhost.h"
+ #include <flowdar/flowdar.h>

@@
symbol r;
@@
  read_request_line(...)
  {
  <...
  r->status = HTTP_REQUEST_URI_TOO_LARGE;
+ FLOWDAR_REQUEST_BEGIN(ap_get_conn_socket(r->connection), "(request line too long)");
  ...>
  }

@@
symbol r;
@@
  read_request_line(...)
  {
  <...
  r->status = HTTP_BAD_REQUEST;
+ FLOWDAR_REQUEST_BEGIN(ap_get_conn_socket(r->connection), "(request line unreadable)");
  ...>
  }

@@
symbol r;
@@
  read_request_line(...)
  {
  <...
+ FLOWDAR_REQUEST_BEGIN(ap_get_conn_socket(r->connection), r->the_request);
  return 1;
  ...>
  }
