// Files that Python's torch.load opens with its defaults (weights_only=True).
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace clipbench::bench {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// A dict of name → tensor. Throws c10::Error when the file can't be written.
void write_tensors(const std::filesystem::path&, const NamedTensors&);

}  // namespace clipbench::bench
