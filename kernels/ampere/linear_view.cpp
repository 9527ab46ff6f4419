#include "kernels/ampere/linear_view.h"

#include <stdexcept>

namespace clipbench::kernels::ampere {

LayerView view_of(const LinearLayer& layer, Batch batch) {
  const std::int64_t bytes = layer.type == cuda::Element::f32 ? 4 : 2;
  return {static_cast<const char*>(layer.a),
          static_cast<const char*>(layer.g),
          layer.a_pitch * bytes,
          layer.g_pitch * bytes,
          static_cast<int>(layer.p),
          static_cast<int>(layer.d),
          batch.tokens};
}

void check(Layers layers, Batch batch) {
  bool taken = !layers.empty() && layers.size() <= cuda::kMaxLayers;
  for (const LinearLayer& layer : layers) {
    taken = taken && takes(layer, batch) && layer.type == layers[0].type;
  }
  if (!taken) throw std::invalid_argument("expected 1 to 8 layers of one type, rows on 16 bytes");
}

void check_narrow(Layers layers, Batch batch) {
  check(layers, batch);
  if (layers[0].type == cuda::Element::f32)
    throw std::invalid_argument("expected bf16 or f16 operands, got f32");
}

}  // namespace clipbench::kernels::ampere
