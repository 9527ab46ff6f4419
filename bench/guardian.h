// A process between clipbench and a worker: however any of the three ends, nothing that the worker
// started stays.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>

namespace clipbench::bench {

/// Tells a guardian to kill its worker and all that it started; the kernel sends it when the
/// guardian's parent dies.
inline constexpr int kEndNow = SIGUSR1;

/// To be called in a child just forked by the thread that will wait for it. Becomes the leader of a
/// process group, forks once more for `become_worker`, which must not return, and waits for the
/// worker's end or for kEndNow. The worker's wait status goes to `status_fd` as an int. Then every
/// process that descends from the worker is killed, also one that left the group: a process that
/// loses its parent becomes the guardian's child. When the guardian is killed, the kernel kills the
/// worker; the group is then left to who started it.
[[noreturn]] void guard(pid_t parent, int status_fd, const std::function<void()>& become_worker);

}  // namespace clipbench::bench
