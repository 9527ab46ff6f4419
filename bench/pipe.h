// A pipe that closes itself; neither end survives an exec.
#pragma once

#include <cstddef>
#include <functional>

namespace clipbench::bench {

class Pipe {
 public:
  Pipe();  ///< throws std::system_error
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return read_end_; }
  int write_end() const { return write_end_; }
  void close_write_end();
  void make_nonblocking();
  bool at_end() const { return at_end_; }  ///< every writer has gone

  /// Hands over what is there now; bounded, so that an endless writer can't hold us.
  void read_all(const std::function<void(const char*, std::size_t)>& take);

 private:
  int read_end_ = -1, write_end_ = -1;
  bool at_end_ = false;
};

}  // namespace clipbench::bench
