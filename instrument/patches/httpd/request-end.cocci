// A request ends when its answer is gone and it was logged; the result is its status. That of a stream of HTTP/2 is
// its master's, the client's connection.
@@ @@
  #include "scoreboard.h"
+ #include "http_core.h"
+ #include <flowdar/flowdar.h>

@@
identifier r;
@@
  eor_bucket_cleanup(...)
  {
  <...
  ap_run_log_transaction(r);
+ FLOWDAR_REQUEST_END(ap_get_conn_socket(r->connection->master ? r->connection->master : r->connection), r->status);
  ...>
  }
