// A task or tasklet was run: whoever it was for, the thread turns away.
@@ @@
  #include <haproxy/task.h>
+ #include <flowdar/flowdar.h>
+
+ extern void flowdar_away(void);

@@
symbol process, t, ctx, state;
@@
  process(t, ctx, state);
+ flowdar_away();

@@
symbol process, t, ctx, state;
@@
  t = process_stream(t, ctx, state);
+ flowdar_away();

@@
symbol process, t, ctx, state;
@@
  t = process(t, ctx, state);
+ flowdar_away();
