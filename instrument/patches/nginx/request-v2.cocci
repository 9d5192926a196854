// A stream of HTTP/2 is a request; its connection is a copy of the client's, with the same number.
@@ @@
  #include <ngx_http.h>
+ #include <flowdar/flowdar.h>

@@
symbol fc, r;
@@
  r = ngx_http_create_request(fc);
  if (r == NULL) {
  ...
  }
+ FLOWDAR_REQUEST_BEGIN(fc->number, "(HTTP/2 stream)");
