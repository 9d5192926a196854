// A client is there. Its session has a number, which the process that is forked for it inherits: one session in
// both, which ends with that process.
@@ @@
  #include "libpq/libpq.h"
+ #include <flowdar/flowdar.h>
+
+ unsigned long flowdar_session;
+
+ static void flowdar_accepted(int fd)
+ {
+ 	flowdar_session++;
+ 	FLOWDAR_SESSION_BEGIN(flowdar_session, (const char *) NULL, fd);
+ }

@@
symbol port;
@@
+ flowdar_accepted(port->sock);
- BackendStartup(port);
+ if (BackendStartup(port) == STATUS_OK)
+ 	FLOWDAR_SESSION_SUSPEND(flowdar_session);
+ else
+ 	FLOWDAR_SESSION_END(flowdar_session);

@@
symbol s;
@@
+ flowdar_accepted(s.sock);
- BackendStartup(&s);
+ if (BackendStartup(&s) == STATUS_OK)
+ 	FLOWDAR_SESSION_SUSPEND(flowdar_session);
+ else
+ 	FLOWDAR_SESSION_END(flowdar_session);
