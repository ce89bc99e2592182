// `stackful tasks`: what the debug console tells, for people on a server without an editor.
#pragma once

// argv[0] is "tasks". The process's exit status: 0; 1 if nothing can be told; 2 for wrong arguments; 3 if --waits
// has found a deadlock.
int tool_tasks(int argc, char **argv);
