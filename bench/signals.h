// Ctrl-C and its kin: noted, never acted upon inside the handler.
#pragma once

namespace clipbench::bench {

/// From now on SIGINT, SIGTERM and SIGHUP are noted, and a third one ends the program; SIGPIPE and
/// SIGXFSZ are ignored, SIGCHLD is not.
void watch_signals();

/// The signal that asks the program to stop; 0: none.
int interrupting_signal();

/// "SIGSEGV" for 11; "unnamed" for one without a name here.
const char* signal_name(int signal);

}  // namespace clipbench::bench
