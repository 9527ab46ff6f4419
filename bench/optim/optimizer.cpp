#include "bench/optim/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "bench/cases/case.h"
#include "kernels/noised_update.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(Tensors params, OptimizerOptions options) : Optimizer(std::move(params)), options_(options) {}
  Tensors state() const override { return {}; }

 private:
  void update(const Tensors& grads) override {
    const bool narrow = !params_.empty() && params_[0].element_size() == 2;
    if (narrow && params_[0].is_cpu()) return update_narrow(grads);
    at::_fused_sgd_(params_, grads, /*momentum_buffer_list=*/{}, options_.weight_decay,
                    /*momentum=*/0, options_.learning_rate, /*dampening=*/0, /*nesterov=*/false,
                    /*maximize=*/false,
                    /*is_first_step=*/false);
  }

  /// LibTorch 2.11 leaves bf16 and f16 parameters on a CPU as they are.
  void update_narrow(const Tensors& grads) {
    kernels::noise_sgd_({grads, params_, {}, {}},
                        {options_.learning_rate, /*momentum=*/0, /*dampening=*/0,
                         options_.weight_decay, /*nesterov=*/false, /*first_step=*/false},
                        /*noise=*/{});
  }

  OptimizerOptions options_;
};

class Adam final : public Optimizer {
 public:
  Adam(Tensors params, OptimizerOptions options, bool decoupled)
      : Optimizer(std::move(params)), options_(options), decoupled_(decoupled) {
    for (const auto& param : params_) {
      first_moments_.push_back(at::zeros_like(param, at::MemoryFormat::Preserve).detach());
      second_moments_.push_back(at::zeros_like(param, at::MemoryFormat::Preserve).detach());
    }
    count_ = at::zeros({}, params_.front().options().dtype(at::kFloat).requires_grad(false));
    counts_.assign(params_.size(), count_);
  }

  Tensors state() const override {
    auto all = first_moments_;
    all.insert(all.end(), second_moments_.begin(), second_moments_.end());
    all.push_back(count_);
    return all;
  }

 private:
  void update(const Tensors& grads) override {
    count_.add_(1);
    const auto& o = options_;
    const auto run = [&](auto&& fused) {
      fused(params_, grads, first_moments_, second_moments_, Tensors{}, counts_, o.learning_rate,
            o.beta1, o.beta2, o.weight_decay, o.eps, /*amsgrad=*/false, /*maximize=*/false);
    };
    if (decoupled_) {
      run([](auto&&... args) { at::_fused_adamw_(args...); });
    } else {
      run([](auto&&... args) { at::_fused_adam_(args...); });
    }
  }

  OptimizerOptions options_;
  bool decoupled_;
  Tensors first_moments_, second_moments_, counts_;
  Tensor count_;
};

}  // namespace

void Optimizer::step() {
  profiler::begin_phase("step");
  const at::NoGradGuard no_grad;
  Tensors grads;
  grads.reserve(params_.size());
  for (const auto& param : params_) grads.push_back(param.grad());
  update(grads);
  profiler::end_phase();
  profiler::snapshot("after_step");
}

std::unique_ptr<Optimizer> make_optimizer(const std::string& name, Tensors params,
                                          OptimizerOptions options) {
  if (name == "sgd") return std::make_unique<Sgd>(std::move(params), options);
  if (name == "adam") return std::make_unique<Adam>(std::move(params), options, false);
  if (name == "adamw") return std::make_unique<Adam>(std::move(params), options, true);
  throw UsageError(unknown_name("optimizer", name, {"sgd", "adam", "adamw"}));
}

std::int64_t optimizer_state_bytes(const std::string& name, const Tensors& params) {
  if (name == "sgd") return 0;
  std::int64_t bytes = sizeof(float);  // the step counter
  for (const auto& param : params) bytes += 2 * static_cast<std::int64_t>(param.nbytes());
  return bytes;
}

}  // namespace clipbench::bench
