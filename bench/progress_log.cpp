#include "bench/progress_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bench/file_path.h"

namespace clipbench::bench {
namespace {

using nlohmann::json;

/// One write() a line: a kill leaves whole lines, or one cut line at the end.
void append(const std::filesystem::path& file, json event) {
  event["utc"] = utc_now();
  const std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool written = fd >= 0 && write(fd, line.data(), line.size()) == ssize_t(line.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!written) throw std::system_error(error, std::generic_category(), file.string());
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

std::map<std::string, double> ProgressLog::seconds_by_case() const {
  std::map<std::string, double> seconds;
  std::ifstream file(file_);
  for (std::string line; std::getline(file, line);) {
    const json event = json::parse(line, nullptr, false);
    if (event.is_object() && event.value("event", "") == "finish" && event.contains("seconds") &&
        event["seconds"].is_number())
      seconds[event.value("case", "")] = event["seconds"].get<double>();
  }
  return seconds;
}

}  // namespace clipbench::bench
