// A request, from its headers to its log line.
@@ @@
  #include "request.h"
+ #include "flowdar/flowdar.h"

@@
symbol r;
@@
  http_request_headers_fin(r);
+ FLOWDAR_REQUEST_BEGIN(0, r->target.ptr ? r->target.ptr : "?");

@@
symbol r;
@@
+ FLOWDAR_REQUEST_END(0, r->http_status);
  plugins_call_handle_request_done(r);
