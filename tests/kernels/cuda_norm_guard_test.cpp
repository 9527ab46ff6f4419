// The guard in one launch against the guard by ATen on the CPU.
#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>

#include "cuda_test.h"
#include "kernels/norm_guard.h"

namespace clipbench::kernels {
namespace {

class CudaNormGuard : public CudaTest {
 protected:
  /// More parts than a launch takes, of every kind; magnitudes as large as the norms.
  static std::vector<NormPart> some_parts() {
    const auto operands = at::empty({kSamples, 1000, 8}, at::kBFloat16);
    std::vector<NormPart> parts;
    for (int k = 0; k < 150; ++k) {
      const auto dtype = k % 2 == 0 ? at::kFloat : at::kDouble;
      const auto sq = [&] { return at::rand({kSamples}, dtype); };
      parts.push_back(gram_part(sq().sub_(0.3), sq().mul_(1e3), operands, operands));
      parts.push_back(width_part(sq(), sq().mul_(1e6), operands, /*rounded=*/k % 3 == 0));
      parts.push_back(stored_part(sq(), at::kBFloat16));
      parts.push_back(cross_part(at::randn({kSamples}, dtype), sq(), sq(), operands));
    }
    return parts;
  }
  static std::vector<NormPart> on_gpu(std::vector<NormPart> parts) {
    for (auto& part : parts) {
      part.sq = part.sq.cuda();
      if (part.magnitude.defined()) part.magnitude = part.magnitude.cuda();
    }
    return parts;
  }
  static constexpr std::int64_t kSamples = 37;
  // 600 terms in another order in f64.
  static constexpr double kTolerance = 1e-14;
};

TEST_F(CudaNormGuard, IsThatOfTheCpuAndRepeatsItsBits) {
  const auto parts = some_parts();
  const auto expected = guard(parts);
  const auto found = guard(on_gpu(parts)), again = guard(on_gpu(parts));
  EXPECT_LE(max_relative(found.sq.cpu(), expected.sq), kTolerance);
  EXPECT_LE(max_relative(found.safe_sq.cpu(), expected.safe_sq), kTolerance);
  EXPECT_GT(max_relative(found.safe_sq.cpu(), expected.sq), 1e-3);
  EXPECT_TRUE(found.sq.equal(again.sq) && found.safe_sq.equal(again.safe_sq));
}

TEST_F(CudaNormGuard, ASamplesNanIsItsOwnAndIsNotLost) {
  auto parts = some_parts();
  for (std::size_t kind = 0; kind < 4; ++kind) {
    parts[kind].sq[static_cast<std::int64_t>(kind)] = NAN;
  }
  const auto found = guard(on_gpu(parts));
  for (const auto& sums : {found.sq.cpu(), found.safe_sq.cpu()}) {
    EXPECT_TRUE(sums.slice(0, 0, 4).isnan().all().item<bool>());
    EXPECT_TRUE(sums.slice(0, 4).isfinite().all().item<bool>());
  }
}

}  // namespace
}  // namespace clipbench::kernels
