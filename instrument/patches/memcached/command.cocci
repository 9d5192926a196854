// A command of the text protocol. Only its name is told: keys may be secrets.
@@ @@
  #include "memcached.h"
+ #include "flowdar/flowdar.h"

@@
symbol c;
@@
  try_read_command_ascii(...)
  {
  <...
+ if (FLOWDAR_ENABLED(request_begin)) {
+     char flowdar_name[16];
+     snprintf(flowdar_name, sizeof(flowdar_name), "%.*s", (int)strcspn(c->rcurr, " \r"), c->rcurr);
+     FLOWDAR_REQUEST_BEGIN(0, flowdar_name);
+ }
  process_command_ascii(c, c->rcurr);
+ if (c->state != conn_nread)
+     FLOWDAR_REQUEST_END(0, 0);
  ...>
  }
