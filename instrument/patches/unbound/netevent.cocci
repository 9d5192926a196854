// Sessions: a connection of TCP, and each query of UDP until it is answered or dropped. What a thread works for is
// kept in its comm_base, so that it turns away from what is still there only.
@@ @@
  #include "util/netevent.h"
+ #include <flowdar/flowdar.h>
+
+ void flowdar_turn(struct comm_base* base, unsigned long key);
+ void flowdar_away(struct comm_base* base);
+ unsigned long flowdar_begin(struct comm_base* base, struct comm_reply* rep, int fd);
+ static void flowdar_end(struct comm_base* base, unsigned long key);
+ static void flowdar_answered(struct comm_reply* rep, int result);

@@ @@
  comm_base_exit(...)
  {
  ...
  }
+
+ void flowdar_turn(struct comm_base* base, unsigned long key)
+ {
+ 	base->flowdar_current = key;
+ 	if(key)
+ 		FLOWDAR_SESSION_RESUME(key);
+ }
+
+ void flowdar_away(struct comm_base* base)
+ {
+ 	if(base->flowdar_current)
+ 		FLOWDAR_SESSION_SUSPEND(base->flowdar_current);
+ 	base->flowdar_current = 0;
+ }
+
+ unsigned long flowdar_begin(struct comm_base* base, struct comm_reply* rep, int fd)
+ {
+ 	static unsigned long last;
+ 	unsigned long key = __sync_add_and_fetch(&last, 1);
+
+ 	FLOWDAR_SESSION_BEGIN(key, &rep->remote_addr, fd);
+ 	rep->flowdar_key = key;
+ 	base->flowdar_current = key;
+ 	return key;
+ }
+
+ static void flowdar_end(struct comm_base* base, unsigned long key)
+ {
+ 	if(key)
+ 		FLOWDAR_SESSION_END(key);
+ 	if(base->flowdar_current == key)
+ 		base->flowdar_current = 0;
+ }
+
+ static void flowdar_answered(struct comm_reply* rep, int result)
+ {
+ 	if(!rep->flowdar_key)
+ 		return;
+ 	FLOWDAR_REQUEST_END(rep->flowdar_key, result);
+ 	if(rep->c->type == comm_udp) {
+ 		flowdar_end(rep->c->ev->base, rep->flowdar_key);
+ 		rep->flowdar_key = 0;
+ 	}
+ }

// Datagrams, with and without where they came in.
@@
symbol rep;
expression buffer;
identifier send = {comm_point_send_udp_msg, comm_point_send_udp_msg_if};
@@
+ struct comm_base* flowdar_base = rep.c->ev->base;
+ rep.flowdar_key = 0;
  if((*rep.c->callback)(rep.c, rep.c->cb_arg, NETEVENT_NOERROR, &rep)) {
  ...
  (void)send(rep.c, buffer, ...);
+ flowdar_answered(&rep, 1);
  }
+ flowdar_away(flowdar_base);

@@
symbol repinfo;
@@
  comm_point_send_reply(...)
  {
  <...
  if(repinfo->srctype)
  	comm_point_send_udp_msg_if(...);
  else
  	comm_point_send_udp_msg(...);
+ flowdar_answered(repinfo, 1);
  ...>
  }

@@
symbol repinfo;
statement one, other;
@@
  comm_point_send_reply(...)
  {
  <...
+ flowdar_answered(repinfo, 1);
  if(repinfo->c->tcp_req_info) one else other
  ...>
  }

@@
symbol repinfo;
@@
  comm_point_drop_reply(...)
  {
  <...
+ flowdar_answered(repinfo, 0);
  if(repinfo->c->type == comm_udp)
  	return;
  ...>
  }

// Connections.
@@
symbol c_hdl, new_fd;
@@
  setup_tcp_handler(c_hdl, new_fd, ...);
+ flowdar_begin(c_hdl->ev->base, &c_hdl->repinfo, new_fd);
+ flowdar_away(c_hdl->ev->base);

@@
symbol c;
@@
  comm_point_close(...)
  {
  <...
+ if(c->repinfo.flowdar_key) {
+ 	flowdar_end(c->ev->base, c->repinfo.flowdar_key);
+ 	c->repinfo.flowdar_key = 0;
+ }
  c->fd = -1;
  ...>
  }

@@
symbol c, fd;
@@
  comm_point_tcp_handle_callback(...)
  {
  <...
  if(c->fd == -1 || c->fd != fd)
  	return;
+ flowdar_turn(c->ev->base, c->repinfo.flowdar_key);
  ...>
  }

@@
symbol c;
@@
  comm_point_tcp_handle_callback(...)
  {
  <...
+ flowdar_away(c->ev->base);
  return;
  ...>
  }

@@
symbol c;
@@
  tcp_callback_reader(...)
  {
  <...
  if((*c->callback)(c, c->cb_arg, NETEVENT_NOERROR, &c->repinfo)) {
+ flowdar_answered(&c->repinfo, 1);
  ...
  }
  ...>
  }
