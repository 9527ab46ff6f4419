// The size at which a model is measured unless the user names one.
#pragma once

#include <cstdint>

#include "bench/models/catalog.h"

namespace clipbench::bench {

struct Size {
  std::int64_t seq, batch;
};

/// gpt2_tiny fits a CPU's minute; the others fit 80 GB with every method that is meant to.
Size own_size(const ModelInfo&);

}  // namespace clipbench::bench
