#include "bench/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "bench/guardian.h"
#include "bench/line_reader.h"
#include "bench/pipe.h"

namespace clipbench::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTickMs = 50;
constexpr double kGraceSeconds = 3;  ///< between TERM and KILL
constexpr std::size_t kStderrTailBytes = 8192;

constexpr double kLongestSeconds = 1e9;  ///< 31 years; more overflows the clock

Clock::duration clock_duration(double seconds) {
  seconds = std::min(seconds, kLongestSeconds);
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

struct Pipes {
  Pipe out, err, exec_error, status;
};

/// Between fork and exec.
[[noreturn]] void become(const ProcessRequest& request, Pipes& pipes) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_DFL);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(pipes.out.write_end(), STDOUT_FILENO);
  dup2(pipes.err.write_end(), STDERR_FILENO);
  for (const auto& [name, value] : request.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const auto& argument : request.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  const int error = errno;
  [[maybe_unused]] const auto written = write(pipes.exec_error.write_end(), &error, sizeof(error));
  _exit(127);
}

/// What is written to the pipe, or nothing where all writers have closed it.
std::optional<int> read_int(const Pipe& pipe) {
  int value = 0;
  ssize_t count = 0;
  do {
    count = read(pipe.read_end(), &value, sizeof(value));
  } while (count < 0 && errno == EINTR);
  return count == sizeof(value) ? std::optional(value) : std::nullopt;
}

class Child {
 public:
  explicit Child(const ProcessRequest& request)
      : request_(request), lines_([&](const std::string& line) { take_line(line); }) {}

  ProcessResult run() {
    const auto start = Clock::now();
    if (begin()) follow(start);
    result_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return std::move(result_);
  }

 private:
  bool begin() {
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) guard(parent, pipes_.status.write_end(), [&] { become(request_, pipes_); });
    if (pid_ < 0) return refuse(errno);
    setpgid(pid_, pid_);  // both sides, so that neither has to wait for the other
    for (Pipe* pipe : {&pipes_.out, &pipes_.err, &pipes_.exec_error, &pipes_.status})
      pipe->close_write_end();
    pipes_.out.make_nonblocking(), pipes_.err.make_nonblocking();
    const auto error = read_int(pipes_.exec_error);  // waits for exec, which closes the pipe
    if (!error) return true;
    waitpid(pid_, nullptr, 0);
    return refuse(*error);
  }

  bool refuse(int error) {
    result_.start_error = request_.argv.at(0) + ": " + std::strerror(error);
    return false;
  }

  void follow(Clock::time_point start) {
    const auto deadline = start + clock_duration(request_.timeout_seconds);
    while (!ended()) {
      wait_for_output();
      read_output();
      if (request_.on_tick) request_.on_tick();
      end_when_asked(deadline);
    }
    read_output();
    lines_.end();
  }

  void wait_for_output() {
    pollfd files[] = {{pipes_.out.read_end(), POLLIN, 0}, {pipes_.err.read_end(), POLLIN, 0}};
    for (auto& file : files)
      if (closed(file.fd)) file.fd = -1;
    const bool all_closed = files[0].fd < 0 && files[1].fd < 0;
    poll(files, 2, all_closed ? 1 : kTickMs);
  }

  bool closed(int fd) const {
    return fd == pipes_.out.read_end() ? pipes_.out.at_end() : pipes_.err.at_end();
  }

  void read_output() {
    pipes_.out.read_all([&](const char* bytes, std::size_t count) { lines_.add(bytes, count); });
    pipes_.err.read_all([&](const char* bytes, std::size_t count) { take_stderr(bytes, count); });
  }

  void take_line(const std::string& line) {
    if (request_.on_line) request_.on_line(line);
  }

  void take_stderr(const char* bytes, std::size_t count) {
    if (request_.show_stderr) [[maybe_unused]]
      const auto shown = write(STDERR_FILENO, bytes, count);
    result_.stderr_tail.append(bytes, count);
    if (const auto size = result_.stderr_tail.size(); size > kStderrTailBytes)
      result_.stderr_tail.erase(0, size - kStderrTailBytes);
  }

  void end_when_asked(Clock::time_point deadline) {
    const auto now = Clock::now();
    const bool asked = request_.stop_requested && request_.stop_requested() != 0;
    if (!terminating_ && (asked || now > deadline)) {
      terminating_ = true;
      (asked ? result_.stopped : result_.timed_out) = true;
      kill_at_ = now + clock_duration(kGraceSeconds);
      kill(-pid_, SIGTERM);
    } else if (terminating_ && now > kill_at_) {
      kill(pid_, kEndNow);
    }
  }

  /// Of the guardian, after which nothing is left. One that was killed leaves its group to us.
  bool ended() {
    siginfo_t seen{};
    if (waitid(P_PID, pid_, &seen, WEXITED | WNOHANG | WNOWAIT) != 0 || !seen.si_pid) return false;
    kill(-pid_, SIGKILL);  // before it is reaped: its number is still nobody else's
    int status = 0;
    waitpid(pid_, &status, 0);
    status = read_int(pipes_.status).value_or(status);
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    return true;
  }

  const ProcessRequest& request_;
  Pipes pipes_;
  LineReader lines_;
  ProcessResult result_;
  pid_t pid_ = -1;  ///< of the guardian, and of the group
  bool terminating_ = false;
  Clock::time_point kill_at_;
};

}  // namespace

ProcessResult run_process(const ProcessRequest& request) { return Child(request).run(); }

}  // namespace clipbench::bench
