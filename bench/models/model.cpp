#include "bench/models/model.h"

namespace clipbench::bench {

const Layer* Model::add(std::string name, const Rule& rule, Tensors params,
                        std::vector<std::string> names) {
  for (auto& param : params) param.set_requires_grad(true);
  const auto first_param = parameters().size();
  layers_.push_back(
      std::make_unique<Layer>(Layer{std::move(name), &rule, std::move(params), std::move(names)}));
  layers_.back()->first_param = first_param;
  return layers_.back().get();
}

const Layer* Model::add_tied(std::string name, const Rule& rule, const Layer* owner) {
  for (const auto& layer : layers_) {
    if (layer.get() == owner) layer->has_tie = true;
  }
  layers_.push_back(std::make_unique<Layer>(Layer{std::move(name),
                                                  &rule,
                                                  {owner->params.front()},
                                                  {owner->param_names.front()},
                                                  /*tied_to=*/owner}));
  return layers_.back().get();
}

Tensors Model::parameters() const {
  Tensors all;
  for (const auto& layer : layers()) {
    if (layer->owns_params()) all.insert(all.end(), layer->params.begin(), layer->params.end());
  }
  return all;
}

std::vector<std::string> Model::parameter_names() const {
  std::vector<std::string> names;
  for (const auto& layer : layers()) {
    if (!layer->owns_params()) continue;
    for (const auto& name : layer->param_names) names.push_back(layer->name + "." + name);
  }
  return names;
}

void Model::zero_grad() const {
  for (const auto& layer : layers()) {
    for (const auto& param : layer->params) param.mutable_grad().reset();
  }
}

}  // namespace clipbench::bench
