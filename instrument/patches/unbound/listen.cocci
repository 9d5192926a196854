// A query over TCP that is answered at once, beside others of its connection.
@@ @@
  #include "services/listen_dnsport.h"
+ #include <flowdar/flowdar.h>

@@
symbol c;
@@
  tcp_req_info_handle_readdone(...)
  {
  <...
  if((*c->callback)(c, c->cb_arg, NETEVENT_NOERROR, &c->repinfo)) {
+ if(c->repinfo.flowdar_key)
+ 	FLOWDAR_REQUEST_END(c->repinfo.flowdar_key, 1);
  ...
  }
  ...>
  }
