// A worker turns to a client when libevent calls it for its descriptor, and away from it afterwards. Sockets that
// listen, and those for datagrams, are no client's.
@@ @@
  #include "memcached.h"
+ #include "flowdar/flowdar.h"

@@
symbol c, fd;
@@
  event_handler(...)
  {
  <...
+ int flowdar_client = c->state != conn_listening && !IS_UDP(c->transport);
+ if (flowdar_client)
+     FLOWDAR_SESSION_RESUME(fd);
  drive_machine(c);
+ if (flowdar_client && c->state != conn_closed)
+     FLOWDAR_SESSION_SUSPEND(fd);
  ...>
  }

@@
symbol c;
@@
  conn_close(...)
  {
  <...
+ if (!IS_UDP(c->transport))
+     FLOWDAR_SESSION_END(c->sfd);
  close(c->sfd);
  ...>
  }
