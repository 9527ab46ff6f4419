#include "bench/guardian.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>

namespace clipbench::bench {
namespace {

constexpr int kNotRun = 127;  ///< our exit code where no worker was started
constexpr int kStatusFd = 0;  ///< all that we hold open

sigset_t block_all_signals() {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  return before;
}

/// We get `signal` when `parent` dies; where it has died already we end now.
void follow_parent(pid_t parent, int signal) {
  prctl(PR_SET_PDEATHSIG, signal);
  if (getppid() != parent) _exit(kNotRun);
}

/// The parent's pipes and locks are not ours to hold.
void keep_only(int status_fd) {
  dup2(status_fd, kStatusFd);
  close_range(kStatusFd + 1, ~0u, 0);
}

pid_t fork_worker(const std::function<void()>& become_worker, const sigset_t& signals) {
  const pid_t guardian = getpid();
  const pid_t worker = fork();
  if (worker < 0) _exit(kNotRun);
  if (worker > 0) return worker;
  follow_parent(guardian, SIGKILL);
  sigprocmask(SIG_SETMASK, &signals, nullptr);
  become_worker();
  std::abort();
}

/// A child that has ended, the worker's status on its way; 0: all are alive; -1: none is left.
pid_t reap(pid_t worker, int wait_options) {
  int status = 0;
  const pid_t ended = waitpid(-1, &status, wait_options);
  if (ended == worker) [[maybe_unused]]
    const auto written = write(kStatusFd, &status, sizeof(status));
  return ended;
}

/// Until it has ended or kEndNow came.
void wait_for(pid_t worker) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD), sigaddset(&wanted, kEndNow);
  while (sigwaitinfo(&wanted, nullptr) != kEndNow)
    for (pid_t ended = reap(worker, WNOHANG); ended > 0; ended = reap(worker, WNOHANG))
      if (ended == worker) return;
}

/// All, or a first part of many. False where the system does not list them.
bool kill_children() {
  char text[4096];
  const int fd = open("/proc/thread-self/children", O_RDONLY);
  const ssize_t count = read(fd, text, sizeof(text));
  close(fd);
  pid_t pid = 0;
  for (ssize_t i = 0; i < count; ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(text[i]));
    if (!digit && pid > 0) kill(pid, SIGKILL);  // a number that is cut at the end is nobody's
    pid = digit ? 10 * pid + (text[i] - '0') : 0;
  }
  return count >= 0;
}

/// Children's children become ours as their parents go, until none is left.
void end_everyone(pid_t worker) {
  do {
    if (!kill_children()) kill(0, SIGKILL);  // the group, and us with it
  } while (reap(worker, 0) > 0);
}

}  // namespace

void guard(pid_t parent, int status_fd, const std::function<void()>& become_worker) {
  setpgid(0, 0);
  const sigset_t signals = block_all_signals();
  follow_parent(parent, kEndNow);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_NAME, "worker-guard");  // `killall clipbench` is not meant for us
  const pid_t worker = fork_worker(become_worker, signals);
  keep_only(status_fd);
  wait_for(worker);
  end_everyone(worker);
  _exit(0);
}

}  // namespace clipbench::bench
