// A request of HTTP, from its headers to the end of its transaction; its result is the status. Other streams,
// and what is no sound request, have none.
@@ @@
  #include <haproxy/http_ana.h>
+ #include <flowdar/flowdar.h>

@@
symbol msg, htx, sess;
@@
  http_wait_for_request(...)
  {
  <...
  msg->msg_state = HTTP_MSG_BODY;
+ if (FLOWDAR_ENABLED(request_begin) && objt_conn(sess->origin)) {
+ 	struct htx_sl *flowdar_line = http_get_stline(htx);
+ 	char flowdar_what[256];
+
+ 	snprintf(flowdar_what, sizeof(flowdar_what), "%.*s %.*s", (int)HTX_SL_REQ_MLEN(flowdar_line),
+ 		 HTX_SL_REQ_MPTR(flowdar_line), (int)HTX_SL_REQ_ULEN(flowdar_line), HTX_SL_REQ_UPTR(flowdar_line));
+ 	FLOWDAR_REQUEST_BEGIN(objt_conn(sess->origin), flowdar_what);
+ }
  ...>
  }

@@
symbol s, txn;
@@
  http_destroy_txn(...)
  {
  <...
+ if (txn->req.msg_state != HTTP_MSG_RQBEFORE && objt_conn(s->sess->origin))
+ 	FLOWDAR_REQUEST_END(objt_conn(s->sess->origin), txn->status);
  pool_free(pool_head_http_txn, txn);
  ...>
  }
