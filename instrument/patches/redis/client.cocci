// A client with a connection is a session; its key is the client's object. Clients without one are
// redis' own: for scripts, modules and replication.
@@ @@
  #include "server.h"
+ #include "flowdar/flowdar.h"

@@
symbol conn, c;
@@
  createClient(...)
  {
  ...
  if (conn) {
+     FLOWDAR_SESSION_BEGIN(c, (const char *)NULL, conn->fd);
  ...
  }
  ...
  }

// All that is done to get rid of it is its own work.
@@
symbol c, ln;
typedef listNode;
@@
  freeClient(...)
  {
  <...
  listNode *ln;
+ int flowdar_session = c->conn != NULL;
  ...>
  }

@@
symbol c;
@@
  freeClient(...)
  {
  <...
+ if (flowdar_session)
+     FLOWDAR_SESSION_END(c);
  zfree(c);
  ...>
  }

@@
symbol c;
expression event, sub;
@@
  clientAcceptHandler(...)
  {
  <...
  moduleFireServerEvent(event, sub, c);
+ FLOWDAR_SESSION_SUSPEND(c);
  ...>
  }

// A thread turns to a client because it sent something, and away from it.
@@
symbol c;
@@
  readQueryFromClient(...)
  {
  <...
  if (postponeClientRead(c)) return;
+ FLOWDAR_SESSION_RESUME(c);
  ...>
  }

@@
symbol c;
@@
  readQueryFromClient(...)
  {
  <...
+ if (c)
+     FLOWDAR_SESSION_SUSPEND(c);
  beforeNextClient(c);
  ...>
  }

// A command. Only its name is told: arguments may be secrets.
@@
symbol c;
statement S;
@@
  processCommandAndResetClient(...)
  {
  <...
+ FLOWDAR_REQUEST_BEGIN(c, (const char *)c->argv[0]->ptr);
  if (processCommand(c) == C_OK) S
+ FLOWDAR_REQUEST_END(c, 0);
  ...>
  }

// Answers that are sent later.
@@
symbol c;
@@
  handleClientsWithPendingWrites(...)
  {
  <...
+ FLOWDAR_SESSION_RESUME(c);
  if (writeToClient(c,0) == C_ERR) continue;
  ...>
  }

@@
symbol c;
@@
  sendReplyToClient(...)
  {
  <...
+ FLOWDAR_SESSION_RESUME(c);
  writeToClient(c,1);
  ...>
  }
