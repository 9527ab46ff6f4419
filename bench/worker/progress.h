// What the worker tells its parent while it works: JSON lines on stdout.
#pragma once

#include <cstdint>
#include <string>

namespace clipbench::bench {

class Progress {
 public:
  /// {"stage": …}
  void stage(const char* name) const;
  /// {"stage": "timing", "done": 6, "of": 10, "half_width": 0.018}, at most ten times a second.
  void timing(std::int64_t done, std::int64_t of, double half_width);

 private:
  double last_seconds_ = 0;
};

}  // namespace clipbench::bench
