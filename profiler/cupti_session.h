// Listens to the kernels of one stretch of work through CUPTI.
#pragma once

#include <memory>

#include "profiler/kernel_table.h"

namespace clipbench::profiler {

/// One at a time in a process, and never beside another CUPTI subscriber (PyTorch's profiler).
/// Slows the work down: not for passes that are timed.
class CuptiSession {
 public:
  /// Throws c10::Error naming CUPTI's error, or that the program was built without CUPTI.
  static std::unique_ptr<CuptiSession> start();
  virtual ~CuptiSession() = default;

  /// The caller has synchronised the device. A dropped record is a fault.
  virtual KernelActivity stop() = 0;
};

}  // namespace clipbench::profiler
