#include "bench/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

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
  Pipe out, err, exec_error;
};

/// Between fork and exec: system calls only.
[[noreturn]] void become(const ProcessRequest& request, Pipes& pipes, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the line above
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

/// errno of a failed exec; 0: the program runs. Waits until exec has happened (it closes the pipe).
int exec_error(Pipes& pipes) {
  int error = 0;
  while (read(pipes.exec_error.read_end(), &error, sizeof(error)) < 0 && errno == EINTR) {
  }
  return error;
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
    if (pid_ == 0) become(request_, pipes_, parent);
    if (pid_ < 0) return refuse(errno);
    setpgid(pid_, pid_);  // both sides, so that neither has to wait for the other
    pipes_.out.close_write_end(), pipes_.err.close_write_end(), pipes_.exec_error.close_write_end();
    pipes_.out.make_nonblocking(), pipes_.err.make_nonblocking();
    if (const int error = exec_error(pipes_)) {
      waitpid(pid_, nullptr, 0);
      return refuse(error);
    }
    return true;
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
    kill(-pid_, SIGKILL);  // helpers it may have left behind
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
      kill(-pid_, SIGKILL);
    }
  }

  bool ended() {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    return true;
  }

  const ProcessRequest& request_;
  Pipes pipes_;
  LineReader lines_;
  ProcessResult result_;
  pid_t pid_ = -1;
  bool terminating_ = false;
  Clock::time_point kill_at_;
};

}  // namespace

ProcessResult run_process(const ProcessRequest& request) { return Child(request).run(); }

}  // namespace clipbench::bench
