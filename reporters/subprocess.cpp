#include "reporters/subprocess.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace clipbench::reporters {
namespace {

constexpr int kNotRun = 127;

/// [0] is read, [1] is written; neither survives an exec.
using Ends = std::array<int, 2>;

struct Pipes {
  Ends messages, exec_error;
};

bool make_pipe(Ends& ends) { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }

std::string read_to_end(int fd) {
  std::string out;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Between fork and exec. The program does not outlive us, however we end.
[[noreturn]] void become(char* const* argv, const char* folder, const Pipes& pipes, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kNotRun);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
  ::dup2(pipes.messages[1], STDERR_FILENO);
  if (::chdir(folder) == 0) ::execvp(argv[0], argv);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(pipes.exec_error[1], &error, sizeof error);
  ::_exit(kNotRun);
}

/// Reads both pipes to their ends, of which the one for errno comes with the exec.
Ran follow(pid_t child, const Pipes& pipes) {
  const std::string failed = read_to_end(pipes.exec_error[0]);
  Ran ran;
  ran.messages = read_to_end(pipes.messages[0]);
  ran.status = wait_for(child);
  if (failed.empty()) return ran;
  int error = 0;
  std::memcpy(&error, failed.data(), sizeof error);
  return {error != ENOENT, kNotRun, std::strerror(error)};
}

Ran run(char* const* argv, const char* folder, Pipes& pipes) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(argv, folder, pipes, parent);
  const int error = errno;
  ::close(pipes.messages[1]), ::close(pipes.exec_error[1]);
  const Ran ran = child < 0 ? Ran{true, kNotRun, std::strerror(error)} : follow(child, pipes);
  ::close(pipes.messages[0]), ::close(pipes.exec_error[0]);
  return ran;
}

}  // namespace

Ran run_program(const std::vector<std::string>& argv, const std::filesystem::path& folder) {
  std::vector<char*> arguments;
  for (const std::string& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  Pipes pipes;
  if (!make_pipe(pipes.messages) || !make_pipe(pipes.exec_error))
    return {true, kNotRun, std::strerror(errno)};
  return run(arguments.data(), folder.c_str(), pipes);
}

}  // namespace clipbench::reporters
