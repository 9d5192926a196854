// A query: of a connection's session, or a session of its own. Its name is that which is asked for.
@@ @@
  #include "util/data/dname.h"
+ #include <flowdar/flowdar.h>
+
+ extern unsigned long flowdar_begin(struct comm_base* base, struct comm_reply* rep, int fd);
+
+ static void flowdar_query(struct comm_base* base, struct comm_point* c, struct comm_reply* rep)
+ {
+ 	char name[LDNS_MAX_DOMAINLEN+1] = "(not a query)";
+ 	size_t length = sldns_buffer_limit(c->buffer);
+
+ 	if(c->type == comm_udp)
+ 		flowdar_begin(base, rep, -1);
+ 	if(!FLOWDAR_ENABLED(request_begin))
+ 		return;
+ 	if(length > LDNS_HEADER_SIZE && dname_valid(sldns_buffer_at(c->buffer, LDNS_HEADER_SIZE),
+ 		length - LDNS_HEADER_SIZE))
+ 		dname_str(sldns_buffer_at(c->buffer, LDNS_HEADER_SIZE), name);
+ 	FLOWDAR_REQUEST_BEGIN(rep->flowdar_key, name);
+ }

@@
symbol worker, c, repinfo;
@@
  worker_handle_request(...)
  {
  <...
  if((error != NETEVENT_NOERROR && error != NETEVENT_DONE)|| !repinfo) {
  ...
  }
+ flowdar_query(worker->base, c, repinfo);
  ...>
  }
