// One thread with an event loop: it turns to each client that something happened to, and away from it.
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
+ FLOWDAR_SESSION_SUSPEND(con);
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
+ FLOWDAR_SESSION_SUSPEND(con);
  ...>
  }
