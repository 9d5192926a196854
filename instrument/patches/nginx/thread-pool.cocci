// A task goes to the thread pool and comes back. What goes through both queues is the task; whose it
// is, is in its event's log (thread-task.cocci puts it there). All four marks but the last are made
// inside the lock of the queue.
@@ @@
  #include <ngx_thread_pool.h>
+ #include <flowdar/flowdar.h>

@@
symbol set;
@@
  ngx_thread_pool_cycle(...)
  {
  <...
  sigfillset(&set);
+ pthread_setname_np(pthread_self(), "thread pool");
  ...>
  }

@@
symbol tp, task;
@@
  ngx_thread_task_post(...)
  {
  <...
+ FLOWDAR_HANDOFF_PUT(task, "thread pool");
  *tp->queue.last = task;
  ...>
  }

@@
symbol tp, task;
@@
  ngx_thread_pool_cycle(...)
  {
  <...
  tp->queue.first = task->next;
+ FLOWDAR_HANDOFF_TAKE(task, "thread pool");
+ if (FLOWDAR_ENABLED(session_resume) && task->event.log) {
+     FLOWDAR_SESSION_RESUME(task->event.log->connection);
+ }
  ...>
  }

@@
symbol task, ngx_thread_pool_done;
@@
  ngx_thread_pool_cycle(...)
  {
  <...
+ FLOWDAR_HANDOFF_PUT(task, "thread pool done");
+ if (FLOWDAR_ENABLED(session_suspend) && task->event.log) {
+     FLOWDAR_SESSION_SUSPEND(task->event.log->connection);
+ }
  *ngx_thread_pool_done.last = task;
  ...>
  }

@@
symbol task, event;
@@
  ngx_thread_pool_handler(...)
  {
  <...
+ FLOWDAR_HANDOFF_TAKE(task, "thread pool done");
  event = &task->event;
+ if (FLOWDAR_ENABLED(session_resume) && event->log) {
+     FLOWDAR_SESSION_RESUME(event->log->connection);
+ }
  ...>
  }
