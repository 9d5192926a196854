// I/O threads: the main thread deals clients out to them and to itself, to read from or to write to,
// and goes on with each when all are done. What goes through both queues is the client's object.
@@
symbol c, io_threads_list;
expression target;
@@
+ FLOWDAR_HANDOFF_PUT(c, "io threads");
  listAddNodeTail(io_threads_list[target],c);

@@
symbol c, ln;
typedef client;
@@
  IOThreadMain(...)
  {
  <...
  client *c = listNodeValue(ln);
+ FLOWDAR_HANDOFF_TAKE(c, "io threads");
  ...>
  }

@@
symbol io_threads_op, IO_THREADS_OP_WRITE;
statement S1, S2;
@@
  IOThreadMain(...)
  {
  <...
  if (io_threads_op == IO_THREADS_OP_WRITE) S1 else S2
+ FLOWDAR_HANDOFF_PUT(c, "io threads done");
  ...>
  }

// The main thread's own share.
@@
symbol c;
@@
  handleClientsWithPendingReadsUsingThreads(...)
  {
  <...
+ FLOWDAR_HANDOFF_TAKE(c, "io threads");
  readQueryFromClient(c->conn);
+ FLOWDAR_HANDOFF_PUT(c, "io threads done");
  ...>
  }

@@
symbol c;
@@
  handleClientsWithPendingWritesUsingThreads(...)
  {
  <...
+ FLOWDAR_HANDOFF_TAKE(c, "io threads");
  writeToClient(c,0);
+ FLOWDAR_HANDOFF_PUT(c, "io threads done");
  ...>
  }

// All are done.
@@
symbol c;
@@
  handleClientsWithPendingReadsUsingThreads(...)
  {
  <...
  c->pending_read_list_node = NULL;
+ FLOWDAR_HANDOFF_TAKE(c, "io threads done");
  ...>
  }

@@
symbol c;
statement S;
@@
  handleClientsWithPendingReadsUsingThreads(...)
  {
  <...
  if (!(c->flags & CLIENT_PENDING_WRITE) && clientHasPendingReplies(c)) S
+ FLOWDAR_SESSION_SUSPEND(c);
  ...>
  }

@@
symbol c;
@@
  handleClientsWithPendingWritesUsingThreads(...)
  {
  <...
+ FLOWDAR_HANDOFF_TAKE(c, "io threads done");
  updateClientMemUsageAndBucket(c);
  ...>
  }
