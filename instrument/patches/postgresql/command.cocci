// A request is what the client asks between two times that the server is ready for a query; its name is the first
// word of the query alone: what it is about may be secret. Its result is 1 if there was an error.
@@ @@
  #include "libpq/libpq.h"
+ #include <flowdar/flowdar.h>
+
+ extern unsigned long flowdar_session;
+ static int flowdar_busy, flowdar_failed;
+
+ static void flowdar_command(int kind, const char *text, int length)
+ {
+ 	char word[32] = "extended query";
+ 	int i;
+
+ 	if (flowdar_busy || !FLOWDAR_ENABLED(request_begin) || kind <= 0 || !strchr("QPBEDCF", kind))
+ 		return;
+ 	if (kind == 'F')
+ 		strcpy(word, "function call");
+ 	if (kind == 'Q')
+ 	{
+ 		while (length > 0 && isspace((unsigned char) *text))
+ 		{
+ 			text++;
+ 			length--;
+ 		}
+ 		for (i = 0; i < length && i < 31 && isalpha((unsigned char) text[i]); i++)
+ 			word[i] = text[i];
+ 		word[i] = '\0';
+ 	}
+ 	flowdar_busy = 1;
+ 	flowdar_failed = 0;
+ 	FLOWDAR_REQUEST_BEGIN(flowdar_session, word);
+ }

@@
symbol firstchar, input_message;
@@
  firstchar = ReadCommand(&input_message);
+ flowdar_command(firstchar, input_message.data, input_message.len);

@@ @@
  PostgresMain(...)
  {
  <...
+ if (flowdar_busy)
+ 	FLOWDAR_REQUEST_END(flowdar_session, flowdar_failed);
+ flowdar_busy = 0;
  ReadyForQuery(whereToSendOutput);
  ...>
  }

@@ @@
  PostgresMain(...)
  {
  <...
  EmitErrorReport();
+ flowdar_failed = 1;
  ...>
  }
