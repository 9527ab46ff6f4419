#include "bench/progress_console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "bench/forecast.h"
#include "reporters/case_summary.h"

namespace clipbench::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kLeastGap = std::chrono::milliseconds(250);  ///< 4 Hz

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string stage_text(const Stage& stage) {
  if (stage.name.empty()) return "starting";
  std::string text = stage.name;
  if (stage.of > 0) text += " " + std::to_string(stage.done) + "/" + std::to_string(stage.of);
  if (stage.half_width) {
    char width[32];
    std::snprintf(width, sizeof(width), " +-%.1f%%", 100 * *stage.half_width);
    text += width;
  }
  return text;
}

/// A line that wraps can't be rewritten.
std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 200u;
}

std::string result_text(const reporters::Record& record) {
  if (record.status != reporters::Status::ok) return reporters::describe_status(record);
  char text[96];
  std::snprintf(text, sizeof(text), "ok  %.2f ms  %.1f MiB", record.time.step_ms.median,
                record.memory.peak_allocated_bytes / 1048576.0);
  return text;
}

}  // namespace

ProgressConsole::ProgressConsole(bool on_terminal, std::int64_t total,
                                 std::function<double()> seconds_left)
    : on_terminal_(on_terminal), total_(total), seconds_left_(std::move(seconds_left)) {}

void ProgressConsole::case_started(const std::string& case_name) {
  ++number_;
  case_name_ = case_name;
  stage_ = {};
  started_ = Clock::now();
  redraw(true);
}

void ProgressConsole::stage(const Stage& stage) {
  stage_ = stage;
  redraw(false);
}

void ProgressConsole::tick() { redraw(false); }

void ProgressConsole::case_finished(const reporters::Record& record, double seconds) {
  const bool worth_a_line = !on_terminal_ || record.status != reporters::Status::ok;
  if (!worth_a_line) return;
  clear();
  std::fprintf(stderr, "[%*lld/%lld] %s  %s  %.1f s\n",
               static_cast<int>(std::to_string(total_).size()), static_cast<long long>(number_),
               static_cast<long long>(total_), record.case_name.c_str(),
               result_text(record).c_str(), seconds);
}

void ProgressConsole::case_reused(const std::string&) { ++number_; }

void ProgressConsole::warn(const std::string& line) {
  clear();
  std::fprintf(stderr, "warning  %s\n", line.c_str());
}

void ProgressConsole::clear() {
  if (visible_) std::fputs("\r\033[K", stderr);
  visible_ = false;
}

std::string ProgressConsole::line() const {
  const std::string number = std::to_string(number_), total = std::to_string(total_);
  return "[" + std::string(total.size() - number.size(), ' ') + number + "/" + total + "] " +
         case_name_ + "  " + stage_text(stage_) + "  " + clock_text(seconds_since(started_)) +
         ", ~" + clock_text(seconds_left_()) + " left";
}

void ProgressConsole::redraw(bool at_once) {
  if (!on_terminal_ || (!at_once && Clock::now() - drawn_ < kLeastGap)) return;
  drawn_ = Clock::now();
  visible_ = true;
  std::fprintf(stderr, "\r%s\033[K", line().substr(0, terminal_columns()).c_str());
  std::fflush(stderr);
}

}  // namespace clipbench::bench
