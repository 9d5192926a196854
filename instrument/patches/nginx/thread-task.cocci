// Whose task it is: the event's log is not used otherwise.
@@
symbol r;
expression pool;
identifier task;
statement S;
@@
+ task->event.log = r->connection->log;
  if (ngx_thread_task_post(pool, task) != NGX_OK) S
