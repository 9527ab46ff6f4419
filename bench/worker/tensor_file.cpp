#include "bench/worker/tensor_file.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickler.h>

namespace clipbench::bench {
namespace {

/// The pickled dict; its tensors go to `storages` in the order of their keys. A plain pickler would
/// write TorchScript's own classes for the dict, which torch.load refuses: aggregates must not be
/// tagged.
std::vector<char> pickle(const NamedTensors& tensors, std::vector<at::Tensor>& storages) {
  c10::impl::GenericDict dict(c10::StringType::get(), c10::AnyType::get());
  for (const auto& [name, tensor] : tensors) dict.insert(name, tensor.detach().cpu().contiguous());
  std::vector<char> data;
  torch::jit::Pickler pickler(
      [&](const char* bytes, std::size_t n) { data.insert(data.end(), bytes, bytes + n); }, nullptr,
      nullptr, nullptr,
      [&](const at::Tensor& tensor) {
        storages.push_back(tensor);
        return std::to_string(storages.size() - 1);
      },
      /*tag_aggregates=*/false);
  pickler.protocol();
  pickler.pushIValue(dict);
  pickler.stop();
  return data;
}

}  // namespace

void write_tensors(const std::filesystem::path& path, const NamedTensors& tensors) {
  std::vector<at::Tensor> storages;
  const auto data = pickle(tensors, storages);
  caffe2::serialize::PyTorchStreamWriter writer(path.string());
  writer.writeRecord("data.pkl", data.data(), data.size());
  for (std::size_t i = 0; i < storages.size(); ++i) {
    writer.writeRecord("data/" + std::to_string(i), storages[i].storage().data(),
                       storages[i].storage().nbytes());
  }
  writer.writeEndOfFile();
}

}  // namespace clipbench::bench
