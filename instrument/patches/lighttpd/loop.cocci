// One thread with an event loop: it turns to each client that something happened to, and away from it,
// unless it is closed meanwhile.
@@ @@
  #include "base.h"
+ #include "flowdar/flowdar.h"

@@
symbol con;
@@
  network_server_handle_fdevent(...)
  {
  <...
  connection_state_machine(con);
+ if (con->fd != -1)
+     FLOWDAR_SESSION_SUSPEND(con);
  ...>
  }

@@
symbol con;
@@
  server_run_con_queue(...)
  {
  <...
+ FLOWDAR_SESSION_RESUME(con);
  connection_state_machine(con);
+ if (con->fd != -1)
+     FLOWDAR_SESSION_SUSPEND(con);
  ...>
  }
