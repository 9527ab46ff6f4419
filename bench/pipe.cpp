#include "bench/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace clipbench::bench {

Pipe::Pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  read_end_ = ends[0], write_end_ = ends[1];
}

Pipe::~Pipe() {
  close(read_end_);
  close_write_end();
}

void Pipe::close_write_end() {
  if (write_end_ >= 0) close(write_end_);
  write_end_ = -1;
}

void Pipe::make_nonblocking() { fcntl(read_end_, F_SETFL, O_NONBLOCK); }

void Pipe::read_all(const std::function<void(const char*, std::size_t)>& take) {
  constexpr int kMostReads = 64;
  char buffer[1 << 14];
  for (int i = 0; i < kMostReads && !at_end_; ++i) {
    const auto count = read(read_end_, buffer, sizeof(buffer));
    if (count > 0) take(buffer, static_cast<std::size_t>(count));
    if (count == 0) at_end_ = true;
    if (count < 0 && errno != EINTR) return;
  }
}

}  // namespace clipbench::bench
