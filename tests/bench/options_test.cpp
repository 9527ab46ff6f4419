#include "bench/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/cases/case.h"
#include "bench/verbs/verb.h"

namespace clipbench::bench {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;

TEST(Options, AreDefaultsWithoutArguments) {
  const Options options = parse_options({});
  EXPECT_EQ(options.verb, "run");
  EXPECT_EQ(options.run.timeout_seconds, 900);
  EXPECT_TRUE(options.measuring.verify);
  EXPECT_FALSE(options.run.strict);
}

TEST(Options, VerbAndRunMayStandAnywhere) {
  const Options options = parse_options({"show", "--benchmark_color=false", "latest", "/ghost/"});
  EXPECT_EQ(options.verb, "show");
  EXPECT_THAT(options.words, testing::ElementsAre("latest", "/ghost/"));
}

TEST(Options, TheLastOneGivenWins) {
  EXPECT_EQ(parse_options({"--suite", "smoke", "--suite", "paper"}).selection.suite, "paper");
}

TEST(Options, DeviceMayHaveANumber) {
  const Options options = parse_options({"--device", "cuda:2"});
  EXPECT_THAT(options.selection.lists.devices, testing::ElementsAre("cuda"));
  EXPECT_EQ(options.selection.device_index, 2);
}

TEST(Options, HelpNamesEveryVerb) {
  const std::string help = parse_options({"--help"}).text.value_or("");
  for (const auto& verb : all_verbs()) EXPECT_THAT(help, HasSubstr(verb.usage));
  EXPECT_THAT(parse_options({"--version"}).text.value_or(""), HasSubstr("clipbench "));
}

/// A flag of Google Benchmark, and what it does here.
struct Flag {
  Words argv;
  bool (*holds)(const Options&);
};

class GoogleBenchmarkFlag : public testing::TestWithParam<Flag> {};

TEST_P(GoogleBenchmarkFlag, IsHonoured) {
  EXPECT_TRUE(GetParam().holds(parse_options(GetParam().argv))) << GetParam().argv.front();
}

INSTANTIATE_TEST_SUITE_P(
    All, GoogleBenchmarkFlag,
    testing::Values(
        Flag{{"--benchmark_filter=bk"}, [](auto& o) { return o.selection.filter == "bk"; }},
        Flag{{"--benchmark_filter", "-bk"}, [](auto& o) { return o.selection.filter == "-bk"; }},
        Flag{{"--benchmark_list_tests"}, [](auto& o) { return o.run.list_only; }},
        Flag{{"--benchmark_list_tests=true"}, [](auto& o) { return o.run.list_only; }},
        Flag{{"--benchmark_list_tests=false"}, [](auto& o) { return !o.run.list_only; }},
        Flag{{"--benchmark_repetitions=5"}, [](auto& o) { return o.run.repetitions == 5; }},
        Flag{{"--benchmark_enable_random_interleaving=false"},
             [](auto& o) { return !o.run.interleave; }},
        Flag{{"--benchmark_min_time=5x"}, [](auto& o) { return o.measuring.fixed_steps == 5; }},
        Flag{{"--benchmark_min_time=2s"}, [](auto& o) { return o.measuring.min_seconds == 2; }},
        Flag{{"--benchmark_min_time=0.5"}, [](auto& o) { return o.measuring.min_seconds == 0.5; }},
        Flag{{"--benchmark_min_warmup_time=1.5"},
             [](auto& o) { return o.measuring.min_warmup_seconds == 1.5; }},
        Flag{{"--benchmark_format=json"},
             [](auto& o) { return o.output.format == OutputFormat::json; }},
        Flag{{"--benchmark_out=x.json"}, [](auto& o) { return o.output.out_file == "x.json"; }},
        Flag{{"--benchmark_out_format=csv"},
             [](auto& o) { return o.output.out_format == OutputFormat::csv; }},
        Flag{{"--benchmark_color=false"}, [](auto& o) { return o.output.color == "false"; }},
        Flag{{"--benchmark_counters_tabular=true"}, [](auto& o) { return o.verb == "run"; }},
        Flag{{"--benchmark_time_unit=us"}, [](auto& o) { return o.output.time_unit == "us"; }},
        Flag{{"--benchmark_context=a=b,c=d=e"},
             [](auto& o) { return o.output.context.at(1).second == "d=e"; }},
        Flag{{"--benchmark_display_aggregates_only=true"}, [](auto& o) { return o.verb == "run"; }},
        Flag{{"--benchmark_report_aggregates_only=true"},
             [](auto& o) { return o.output.aggregates_only; }},
        Flag{{"--benchmark_dry_run"}, [](auto& o) { return o.run.dry_run; }},
        Flag{{"--v=1"}, [](auto& o) { return o.output.verbosity == 1; }}));

struct Refusal {
  Words argv;
  const char* message;
};

class RefusedOption : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedOption, IsAnsweredWithWhatIsPossible) {
  try {
    parse_options(GetParam().argv);
    FAIL() << GetParam().argv.front() << " was accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Some, RefusedOption,
    testing::Values(
        Refusal{{"--method", "flash"}, "unknown method \"flash\"; did you mean flash_clip? one of"},
        Refusal{{"--model", "gpt3"}, "unknown model \"gpt3\""}, Refusal{{"--suite"}, "--suite"},
        Refusal{{"--dtype", "f31"}, "did you mean f32?"},
        Refusal{{"--seq", "0"}, "--seq '0': a size of 1 or more"},
        Refusal{{"--batch", "4,x"}, "--batch 'x'"}, Refusal{{"--device", "tpu"}, "unknown device"},
        Refusal{{"--device", "cpu:1"}, "cpu, cuda or cuda:N"},
        Refusal{{"--clip", "abady"}, "did you mean abadi?"}, Refusal{{"--clip-norm", "-1"}, "clip"},
        Refusal{{"--timeout", "soon"}, "such as 30, 30s or 2m"},
        Refusal{{"--benchmark_format=xml"}, "one of: console, json, csv"},
        Refusal{{"--benchmark_min_time=0x"}, "5x (steps) or 2s"},
        Refusal{{"--benchmark_time_unit=min"}, "one of: ns, us, ms, s"},
        Refusal{{"--benchmark_context=ab"}, "key=value is needed"},
        Refusal{{"--benchmark_perf_counters=CYCLES"},
                "--benchmark_perf_counters: hardware counters"},
        Refusal{{"--benchmark_repetitions=0"}, "1 or more"},
        Refusal{{"--fitler", "x"}, "unknown option \"--fitler\"; did you mean --filter?"},
        Refusal{{"--benchmark_repetition=3"}, "did you mean --benchmark_repetitions?"},
        Refusal{{"lst"}, "unknown verb \"lst\"; did you mean list?"}));

}  // namespace
}  // namespace clipbench::bench
