// Which session a query is of, carried with the address that it is answered to: a number. And what a thread
// works for.
@@ @@
  struct comm_reply {
  ...
  int is_proxied;
+ unsigned long flowdar_key;
  ...
  };

@@ @@
  struct comm_base {
  ...
  void* cb_arg;
+ unsigned long flowdar_current;
  };
