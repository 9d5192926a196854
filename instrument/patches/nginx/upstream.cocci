// Which server behind a request is asked.
@@ @@
  #include <ngx_http.h>
+ #include <flowdar/flowdar.h>

@@
symbol u;
@@
  ngx_http_upstream_connect(...)
  {
  <...
  u->state->peer = u->peer.name;
+ if (FLOWDAR_ENABLED(note) && u->peer.name) {
+     u_char  flowdar_peer[128];
+
+     *ngx_snprintf(flowdar_peer, sizeof(flowdar_peer) - 1, "%V", u->peer.name) = '\0';
+     FLOWDAR_NOTE("upstream", (const char *) flowdar_peer);
+ }
  ...>
  }
