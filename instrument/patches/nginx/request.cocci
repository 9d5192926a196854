// A request begins when nginx has read something of it and made an object for it, and ends when that
// is freed; the result is its status. What it is called is the first line, as far as it was there.
@@
typedef ngx_connection_t, ngx_http_request_t, u_char;
@@
  #include <ngx_http.h>
+ #include <flowdar/flowdar.h>
+
+ static void
+ ngx_http_flowdar_request(ngx_connection_t *c, ngx_http_request_t *r)
+ {
+     size_t  i;
+     u_char  line[256];
+     u_char  *p;
+
+     i = 0;
+
+     if (r->header_in) {
+         for (p = r->header_in->pos; p < r->header_in->last; p++) {
+             if (*p < ' ' || i == sizeof(line) - 1) {
+                 break;
+             }
+             line[i++] = *p;
+         }
+     }
+
+     line[i] = '\0';
+     FLOWDAR_REQUEST_BEGIN(c->number, (const char *) line);
+ }

@@
symbol c;
@@
  c->data = ngx_http_create_request(c);
  if (c->data == NULL) {
  ...
  }
+ if (FLOWDAR_ENABLED(request_begin)) {
+     ngx_http_flowdar_request(c, c->data);
+ }

@@
symbol c, r;
@@
  r = ngx_http_create_request(c);
  if (r == NULL) {
  ...
  }
+ if (FLOWDAR_ENABLED(request_begin)) {
+     ngx_http_flowdar_request(c, r);
+ }

@@
symbol r;
@@
  ngx_http_free_request(...)
  {
  <...
  if (!r->logged) {
  ...
  }
+ FLOWDAR_REQUEST_END(r->connection->number, r->headers_out.status);
  ...>
  }
