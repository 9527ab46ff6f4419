#include "bench/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bench/cases/case.h"
#include "bench/exit_code.h"
#include "bench/own_file.h"

namespace clipbench::bench {
namespace {

std::string why_refused(const RunFolder& folder) {
  const std::string name = folder.path().string();
  return name + ": another clipbench is measuring there; wait for it (then: clipbench --resume " +
         name + "), or name another folder with --out";
}

int open_own(const std::string& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (fd < 0) throw UsageError(file + ": cannot be written: " + std::strerror(errno));
  if (is_own_file(file)) return fd;
  close(fd);
  throw UsageError(file + ": cannot be written: not a regular file");
}

}  // namespace

FolderLock::FolderLock(const RunFolder& folder) : fd_(open_own(folder.progress())) {
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) {
    std::fprintf(stderr, "warning  %s: no locks on this file system; start no second run in it\n",
                 folder.path().c_str());
    return;
  }
  close(fd_);
  throw NotUsable(why_refused(folder));
}

FolderLock::~FolderLock() { close(fd_); }

}  // namespace clipbench::bench
