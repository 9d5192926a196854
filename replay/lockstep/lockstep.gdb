# Steps of `flowdar replay --lockstep --step --control PIPE`, from gdb, which debugs the server.
#
#   FLOWDAR_CONTROL=PIPE gdb -x lockstep.gdb -p PID
#
# The capture goes on by a step at a time, and only while the server may run; the server stops at its
# breakpoints, or with Ctrl-C, and nothing times out meanwhile.

define flowdar-tell
  if $argc == 1
    shell [ -p "$FLOWDAR_CONTROL" ] && printf '%s\n' '$arg0' 1<>"$FLOWDAR_CONTROL" || echo "FLOWDAR_CONTROL is not the pipe of flowdar replay --control"
  end
  if $argc == 2
    shell [ -p "$FLOWDAR_CONTROL" ] && printf '%s %s\n' '$arg0' '$arg1' 1<>"$FLOWDAR_CONTROL" || echo "FLOWDAR_CONTROL is not the pipe of flowdar replay --control"
  end
end
document flowdar-tell
Send a command to flowdar replay --lockstep: flowdar-tell WORD [NUMBER].
end

define flowdar-step
  if $argc == 0
    flowdar-tell step
  else
    flowdar-tell step $arg0
  end
  continue
end
document flowdar-step
Let the capture go on by one step (by N: flowdar-step N), and the server with it.
end

define flowdar-until
  flowdar-tell until $arg0
  continue
end
document flowdar-until
Let the capture go on until N steps are done, and the server with it.
end

define flowdar-where
  flowdar-tell where
end
document flowdar-where
Have flowdar say which step is the next one (in its terminal).
end

define flowdar-go
  flowdar-tell go
end
document flowdar-go
Let the capture go to its end. The server goes on when you say so (continue, detach).
end
