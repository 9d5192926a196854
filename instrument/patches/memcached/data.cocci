// A command whose data had to be waited for.
@@ @@
  #include "memcached.h"
+ #include "flowdar/flowdar.h"

@@
symbol c;
@@
  complete_nread(...)
  {
  <...
  complete_nread_ascii(c);
+ FLOWDAR_REQUEST_END(0, 0);
  ...>
  }
