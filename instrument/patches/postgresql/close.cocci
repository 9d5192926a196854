// The process that serves a client ends.
@@ @@
  #include "libpq/libpq.h"
+ #include <flowdar/flowdar.h>
+
+ extern unsigned long flowdar_session;

@@ @@
  socket_close(...)
  {
  <...
  secure_close(MyProcPort);
+ FLOWDAR_SESSION_END(flowdar_session);
  ...>
  }
