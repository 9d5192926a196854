// All MPMs accept here: from now on the connection is a session, and its socket the key.
@@ @@
  #include "mpm_common.h"
+ #include <flowdar/flowdar.h>

@@
symbol csd;
identifier accepted;
@@
  ap_unixd_accept(...)
  {
  <...
  *accepted = csd;
+ if (FLOWDAR_ENABLED(session_begin)) {
+     apr_os_sock_t flowdar_fd = -1;
+
+     apr_os_sock_get(&flowdar_fd, csd);
+     FLOWDAR_SESSION_BEGIN(csd, (const char *)NULL, flowdar_fd);
+ }
  ...>
  }
