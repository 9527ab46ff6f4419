#include "bench/progress_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "bench/file_path.h"
#include "bench/own_file.h"

namespace clipbench::bench {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
  throw std::system_error(error, std::generic_category(), file.string());
}

/// A cut line at the end, of a process that was killed or a disk that was full, gets its newline.
bool ends_inside_a_line(int fd) {
  char last = '\n';
  const off_t size = lseek(fd, 0, SEEK_END);
  return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/// 0, or errno. A part that did not fit is a full disk.
int write_whole(int fd, const std::string& text) {
  const ssize_t count = write(fd, text.data(), text.size());
  if (count < 0) return errno;
  return count == static_cast<ssize_t>(text.size()) ? 0 : ENOSPC;
}

/// One write() a line: a kill leaves whole lines, or one cut line at the end.
void append(const std::filesystem::path& file, json event) {
  event["utc"] = utc_now();
  const std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) fail(file, errno);
  const int error = write_whole(fd, ends_inside_a_line(fd) ? "\n" + line : line);
  close(fd);
  if (error) fail(file, error);
}

std::string text_at(const json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Every line that is an event.
template <class Take>
void for_each_event(const std::filesystem::path& file, const Take& take) {
  std::istringstream lines(read_own_file(file).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const json event = json::parse(line, nullptr, false);
    if (event.is_object()) take(event);
  }
}

}  // namespace

void ProgressLog::run_started(const std::string& run_key) const {
  append(file_, {{"event", "run"}, {"key", run_key}});
}

void ProgressLog::case_started(const std::string& case_name, std::int64_t repetition) const {
  append(file_, {{"event", "start"}, {"case", case_name}, {"repetition", repetition}});
}

void ProgressLog::case_finished(const reporters::Record& record, double seconds) const {
  append(file_, {{"event", "finish"},
                 {"case", record.case_name},
                 {"repetition", record.repetition},
                 {"key", record.key},
                 {"status", reporters::to_string(record.status)},
                 {"seconds", seconds}});
}

void ProgressLog::case_reused(const std::string& case_name, std::int64_t repetition) const {
  append(file_, {{"event", "reuse"}, {"case", case_name}, {"repetition", repetition}});
}

void ProgressLog::run_ended(const std::string& status) const {
  append(file_, {{"event", "end"}, {"status", status}});
}

std::string ProgressLog::unfinished_case() const {
  std::string started;
  for_each_event(file_, [&](const json& event) {
    const std::string what = text_at(event, "event");
    if (what == "start") started = text_at(event, "case");
    if (what == "finish" || what == "run") started.clear();
  });
  return started;
}

std::map<std::string, double> ProgressLog::seconds_by_case() const {
  std::map<std::string, double> seconds;
  for_each_event(file_, [&](const json& event) {
    const auto taken = event.find("seconds");
    if (text_at(event, "event") == "finish" && taken != event.end() && taken->is_number())
      seconds[text_at(event, "case")] = taken->get<double>();
  });
  return seconds;
}

}  // namespace clipbench::bench
