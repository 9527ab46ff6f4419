#include "bench/worker/dump.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "bench/worker/measure.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class Dump : public testing::Test {
 protected:
  Dump() : folder_(fs::temp_directory_path() / ("clipbench_dump_" + std::to_string(getpid()))) {}
  ~Dump() override {  // libtorch brings a remove_all of its own, which crashes
    if (fs::is_directory(folder_))
      for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    fs::remove(folder_);
  }

  static WorkerOptions quick(const std::string& settings) {
    WorkerOptions options;
    options.case_name = "gpt2_tiny/" + settings + "/cpu";
    options.fixed_steps = 3;
    options.recorded_iterations = 1;
    return options;
  }

  WorkerOptions dumping(const std::string& settings) const {
    auto options = quick(settings);
    options.verify = false;
    options.dump = folder_.string();
    return options;
  }

  json meta_of(const std::string& settings) const {
    measure(dumping(settings));
    return json::parse(std::ifstream(folder_ / "meta.json"));
  }

  fs::path folder_;
};

TEST_F(Dump, ChangesNothingThatIsMeasuredOrVerified) {
  auto options = quick("ghost/T:16/B:3/f32");
  const auto without = measure(options);
  options.dump = folder_.string();
  const auto with = measure(options);
  EXPECT_EQ(with.time.losses, without.time.losses);
  EXPECT_EQ(with.memory.peak_allocated_bytes, without.memory.peak_allocated_bytes);
  EXPECT_EQ(with.memory.timed_pass_peak_allocated_bytes,
            without.memory.timed_pass_peak_allocated_bytes);
  EXPECT_EQ(with.memory.first_step_peak_allocated_bytes,
            without.memory.first_step_peak_allocated_bytes);
  EXPECT_EQ(with.memory.components_at_peak, without.memory.components_at_peak);
  EXPECT_EQ(with.snapshots.size(), without.snapshots.size());
  EXPECT_EQ(with.verification.max_relative_error, without.verification.max_relative_error);
  EXPECT_TRUE(with.verification.done);
}

TEST_F(Dump, NamesFilesAndShapes) {
  const auto meta = meta_of("bk/T:16/B:3/f32");
  for (const auto* name : {"batch.pt", "parameters.pt", "norms.pt", "factors.pt", "sums.pt"})
    EXPECT_TRUE(fs::exists(folder_ / name)) << name;
  EXPECT_EQ(meta["case"], "gpt2_tiny/bk/T:16/B:3/f32/cpu");
  const auto& shapes = meta["shapes"];
  EXPECT_EQ(shapes["transformer.h.3.mlp.c_fc.weight"], json({1024, 256}));
  EXPECT_EQ(shapes["lm_head.weight"], json({1024, 256}));
  EXPECT_EQ(shapes.size(), 2 + 4 * 16 + 3);
  EXPECT_EQ(meta["clipping"]["groups"].size(), 1u);
}

TEST_F(Dump, LeavesATiedHeadOut) {
  EXPECT_FALSE(meta_of("bk/T:16/B:3/head:tied/f32")["shapes"].contains("lm_head.weight"));
}

TEST_F(Dump, ListsLayersAsGroupsWhereTheyAreClippedOneByOne) {
  const auto clipping = meta_of("per_layer/T:16/B:3/f32")["clipping"];
  EXPECT_EQ(clipping["groups"].size(), 2 + 4 * 8 + 2);
  EXPECT_EQ(clipping["groups"][2],
            json({"transformer.h.0.ln_1.weight", "transformer.h.0.ln_1.bias"}));
  EXPECT_DOUBLE_EQ(clipping["group_clip_norm"].get<double>(), 1 / std::sqrt(36.0));
}

TEST_F(Dump, HasNoClippingForVanilla) {
  EXPECT_TRUE(meta_of("vanilla/T:16/B:3/f32")["clipping"].is_null());
}

TEST_F(Dump, IsRefusedWhereAFolderCannotBeMade) {
  std::ofstream(folder_) << "a file";
  EXPECT_THROW(measure(dumping("ghost/T:16/B:3/f32")), UsageError);
}

}  // namespace
}  // namespace clipbench::bench
