// When two measurements are the same one: then the second needn't be made.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "bench/device.h"
#include "bench/plan.h"

namespace clipbench::bench {

class Identity {
 public:
  /// Hashes both programs and the data file. Throws NotUsable without a worker, UsageError without
  /// the data.
  Identity(const Plan&, const Devices&);

  /// 64 hexadecimal digits from: case, repetition, both programs, options that change what is
  /// measured, device (name, memory, driver), data file, and the environment that LibTorch reads.
  std::string key(const Case&, std::int64_t repetition) const;
  /// Of all cases together.
  std::string run_key(const Plan&) const;

 private:
  std::string options_, programs_, data_, environment_;
  std::map<std::string, std::string> devices_;
};

}  // namespace clipbench::bench
