// What stderr shows while a run goes on: one rewritten line on a terminal, else a line a finished
// case.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "bench/worker_process.h"
#include "reporters/record.h"

namespace clipbench::bench {

class ProgressConsole {
 public:
  /// `seconds_left`: a forecast of what comes after the running case.
  ProgressConsole(bool on_terminal, std::int64_t total, std::function<double()> seconds_left);
  ~ProgressConsole() { clear(); }

  void case_started(const std::string& case_name);
  void stage(const Stage&);
  void tick();  ///< keeps the clock going
  void case_finished(const reporters::Record&, double seconds);
  void case_reused(const std::string& case_name);
  void warn(const std::string& line);
  void clear();  ///< the rewritten line goes

 private:
  void redraw(bool at_once);
  std::string line() const;

  bool on_terminal_;
  std::int64_t total_, number_ = 0;
  std::function<double()> seconds_left_;
  std::string case_name_;
  Stage stage_;
  std::chrono::steady_clock::time_point started_, drawn_;
  bool visible_ = false;
};

}  // namespace clipbench::bench
