#include "bench/cases/case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "bench/cases/knobs.h"
#include "bench/methods/catalog.h"
#include "bench/models/catalog.h"

namespace clipbench::bench {
namespace {

using testing::HasSubstr;

template <class Values>
auto pick(std::mt19937& random, const Values& values) {
  return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random)];
}

Case random_case(std::mt19937& random) {
  using Names = std::vector<std::string>;
  const std::map<std::string, Names> values = {{"optimizer", {"sgd", "adam", "adamw"}},
                                               {"clip", {"abadi", "autos", "psac", "global"}},
                                               {"clip_norm", {"1", "0.1", "1e-05", "1e20"}},
                                               {"noise_multiplier", {"0", "1", "0.75"}},
                                               {"deterministic", {"0", "1"}},
                                               {"seed", {"0", "7", "123456789012"}}};
  Case result;
  result.model = pick(random, all_models()).name;
  result.method = pick(random, all_methods()).name;
  result.seq = std::uniform_int_distribution<std::int64_t>(1, 1 << 24)(random);
  result.batch = std::uniform_int_distribution<std::int64_t>(1, 4096)(random);
  for (const auto& [knob, possible] : values)
    if (const auto value = pick(random, possible); value != default_knob(knob))
      result.knobs[knob] = value;
  result.dtype = pick(random, Names{"f64", "f32", "tf32", "bf16"});
  result.device = pick(random, Names{"cpu", "cuda"});
  return result;
}

TEST(Case, NameIsReadBackExactly) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const Case made = random_case(random);
    const Case read = parse_case(made.name());
    ASSERT_EQ(read.name(), made.name());
    ASSERT_EQ(read.knobs, made.knobs) << made.name();
  }
}

TEST(Case, KnobsStandBeforeTheDtypeInTheirFixedOrder) {
  Case made = parse_case("gpt2_small/ghost/T:1024/B:16/bf16/cuda");
  made.knobs = {{"seed", "3"}, {"clip", "autos"}, {"optimizer", "sgd"}};
  EXPECT_EQ(made.name(), "gpt2_small/ghost/T:1024/B:16/optimizer:sgd/clip:autos/seed:3/bf16/cuda");
}

TEST(Case, DefaultsAndOtherSpellingsLeaveNoTraceInTheName) {
  EXPECT_EQ(parse_case("gpt2_tiny/bk/T:8/B:2/clip_norm:1.0/clip:abadi/f32/cpu").name(),
            "gpt2_tiny/bk/T:8/B:2/f32/cpu");
  EXPECT_EQ(parse_case("gpt2_tiny/bk/T:8/B:2/clip_norm:0.50/f32/cpu").knob("clip_norm"), "0.5");
}

TEST(Case, GroupReplacesTheMethod) {
  EXPECT_EQ(parse_case("gpt2_tiny/bk/T:8/B:2/f32/cpu").group(), "gpt2_tiny/.*/T:8/B:2/f32/cpu");
}

struct Wrong {
  const char* name;
  const char* message;
};

class WrongCase : public testing::TestWithParam<Wrong> {};

TEST_P(WrongCase, IsAnsweredWithWhatIsPossible) {
  try {
    parse_case(GetParam().name);
    FAIL() << GetParam().name << " was accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Parts, WrongCase,
    testing::Values(
        Wrong{"gpt2_tiny/flash/T:8/B:2/f32/cpu",
              "unknown method \"flash\"; did you mean flash_clip? one of: vanilla, microbatch, "
              "explicit, "},
        Wrong{"gpt2_tiny/gost/T:8/B:2/f32/cpu", "unknown method \"gost\"; did you mean ghost?"},
        Wrong{"gpt2_tiny/zzzzzz/T:8/B:2/f32/cpu", "unknown method \"zzzzzz\"; one of: vanilla"},
        Wrong{"gpt2_tinny/bk/T:8/B:2/f32/cpu", "did you mean gpt2_tiny?"},
        Wrong{"gpt2_tiny/bk/T:0/B:2/f32/cpu", "T:0: a size from 1 to"},
        Wrong{"gpt2_tiny/bk/T:8/B:-1/f32/cpu", "B:-1: a size"},
        Wrong{"gpt2_tiny/bk/T:8/B:2x/f32/cpu", "B:2x: a size"},
        Wrong{"gpt2_tiny/bk/T:99999999999999999999/B:2/f32/cpu", "a size from 1"},
        Wrong{"gpt2_tiny/bk/B:2/T:8/f32/cpu", "stands where T:n is needed"},
        Wrong{"gpt2_tiny/bk/T:8/B:2/f16/cpu", "unknown dtype \"f16\""},
        Wrong{"gpt2_tiny/bk/T:8/B:2/f32/tpu", "unknown device \"tpu\""},
        Wrong{"gpt2_tiny/bk/T:8/B:2/clip:autoss/f32/cpu", "did you mean autos?"},
        Wrong{"gpt2_tiny/bk/T:8/B:2/clip_norm:nan/f32/cpu", "clip_norm 'nan'"},
        Wrong{"gpt2_tiny/bk/T:8/B:2/colour:red/f32/cpu", "unknown knob \"colour\""},
        Wrong{"ghost", "is no case; a name is model/method/T:n/B:n/dtype/device"},
        Wrong{"", "is no case"}));

}  // namespace
}  // namespace clipbench::bench
