// The checks behind memory_test.h's macros, as functions; they know no test library.
//
// Each runs `code` on the calling thread while every allocation on the device is recorded, and
// returns what is wrong, one line a finding, or "". A recording whose account doesn't close to the
// byte is a finding, too. What `code` throws goes through; checks don't nest.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace clipbench::guard {

using Code = std::function<void()>;

/// The device whose memory the checks watch while this lives; without one it is the CPU.
class OnDevice {
 public:
  explicit OnDevice(c10::Device device);
  ~OnDevice();
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  c10::Device previous_;
};

bool cuda_is_available();

/// At its peak `code` holds at most `allowed_bytes` more than was live before it.
[[nodiscard]] std::string check_peak(std::int64_t allowed_bytes, const Code& code);

/// After no repetition more bytes are live than after the first, which may fill caches.
/// `repetitions`: 2 or more.
[[nodiscard]] std::string check_no_growth(int repetitions, const Code& code);

/// Peak and components are within the budget that `file` names `name`/cpu or `name`/cuda.
/// Everything that is live on the device counts, also what was before `code`: parameters have a
/// budget, too. CLIPBENCH_UPDATE_BUDGETS=1 in the environment makes it what was measured, and says
/// so on stdout.
[[nodiscard]] std::string check_budget(const std::filesystem::path& file, const std::string& name,
                                       const Code& code);

}  // namespace clipbench::guard
