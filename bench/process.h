// One child process: its own process group, its output read while it runs, a limit on its time.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace clipbench::bench {

struct ProcessRequest {
  std::vector<std::string> argv;                                 ///< argv[0] is the program's path
  std::vector<std::pair<std::string, std::string>> environment;  ///< set on top of ours
  double timeout_seconds = 900;
  std::function<void(const std::string&)> on_line;  ///< each line of stdout; over-long ones are cut
  std::function<void()> on_tick;                    ///< at least ten times a second
  std::function<int()> stop_requested;              ///< a signal's number ends the child; 0: go on
  bool show_stderr = false;                         ///< pass the child's stderr through, too
};

struct ProcessResult {
  std::string start_error;  ///< not empty: the program could not be started
  int exit_code = -1;       ///< of a child that exited by itself
  int signal = 0;           ///< that ended the child
  bool timed_out = false;
  bool stopped = false;     ///< on our request
  std::string stderr_tail;  ///< the last 8 KiB
  double seconds = 0;
};

/// Runs the program to its end, under a guardian (guardian.h). After a timeout or a stop request
/// its group is terminated, then killed. Nothing that it started survives its end or ours,
/// whichever comes first; ours is that of the thread that calls.
ProcessResult run_process(const ProcessRequest&);

}  // namespace clipbench::bench
