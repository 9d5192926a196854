// Something that was asked of another server has come, or not: it is for the first of those who wait for the
// answer, or for what it is a part of.
@@ @@
  #include "services/mesh.h"
+ #include <flowdar/flowdar.h>
+
+ extern void flowdar_turn(struct comm_base* base, unsigned long key);
+ extern void flowdar_away(struct comm_base* base);
+
+ static unsigned long flowdar_whose(struct mesh_state* state, int depth)
+ {
+ 	if(state->reply_list)
+ 		return state->reply_list->query_reply.flowdar_key;
+ 	if(state->super_set.count == 0 || depth == 16)
+ 		return 0;
+ 	return flowdar_whose(((struct mesh_state_ref*)rbtree_first(&state->super_set))->s, depth+1);
+ }

@@
symbol mesh, e, event;
@@
  mesh_report_reply(...)
  {
  <...
+ if(FLOWDAR_ENABLED(session_resume))
+ 	flowdar_turn(mesh->env->worker_base, flowdar_whose(e->qstate->mesh_info, 0));
  mesh_run(mesh, e->qstate->mesh_info, event, e);
+ flowdar_away(mesh->env->worker_base);
  ...>
  }
