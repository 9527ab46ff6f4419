// Google Benchmark's flags: each is honoured, mapped or refused by name.
#include <CLI/CLI.hpp>

#include "bench/cases/case.h"
#include "bench/cases/numbers.h"
#include "bench/option_groups.h"

namespace clipbench::bench {
namespace {

OutputFormat parse_format(const std::string& flag, const std::string& text) {
  if (text == "console") return OutputFormat::console;
  if (text == "json") return OutputFormat::json;
  if (text == "csv") return OutputFormat::csv;
  throw UsageError(unknown_name(flag + " value", text, {"console", "json", "csv"}));
}

/// `5x`: exactly 5 steps; `2s` or `2`: at least two seconds of steps.
void take_min_time(const std::string& text, Options& options) {
  if (!text.ends_with('x')) {
    options.measuring.min_seconds = parse_seconds("--benchmark_min_time", text);
    return;
  }
  const auto steps = parse_integer(text.substr(0, text.size() - 1));
  if (!steps || *steps < 1)
    throw UsageError("--benchmark_min_time '" + text + "': 5x (steps) or 2s (seconds) is needed");
  options.measuring.fixed_steps = *steps;
}

void take_context(const std::string& text, OutputOptions& output) {
  for (const auto& entry : split_list(text)) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("--benchmark_context '" + entry + "': key=value is needed");
    output.context.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
}

void add_run_flags(CLI::App& app, Options& options) {
  RunOptions& run = options.run;
  add_switch(app, "--benchmark_list_tests", "print the names of the cases", run.list_only);
  add_switch(app, "--benchmark_dry_run", "as --dry-run", run.dry_run);
  add_integer(app, "--benchmark_repetitions", "as --repetitions: fresh processes", run.repetitions,
              1);
  add_switch(app, "--benchmark_enable_random_interleaving", "processes in random order [true]",
             run.interleave);
  add_value(app, "--benchmark_min_time", "5x: exactly 5 steps; 2s: at least two seconds",
            [&options](const std::string& text) { take_min_time(text, options); });
  add_value(app, "--benchmark_min_warmup_time", "seconds of warm-up, at least",
            [&options](const std::string& text) {
              options.measuring.min_warmup_seconds =
                  parse_seconds("--benchmark_min_warmup_time", text);
            });
}

void add_output_flags(CLI::App& app, OutputOptions& output) {
  add_value(app, "--benchmark_format", "what stdout gets: console, json or csv",
            [&output](const std::string& text) {
              output.format = parse_format("--benchmark_format", text);
            });
  add_text(app, "--benchmark_out", "one more file with the results", output.out_file);
  add_value(app, "--benchmark_out_format", "json, csv or console",
            [&output](const std::string& text) {
              output.out_format = parse_format("--benchmark_out_format", text);
            });
  add_value(app, "--benchmark_color", "auto, true or false", [&output](const std::string& text) {
    const bool yes = text == "true" || text == "yes" || text == "1" || text == "on";
    const bool no = text == "false" || text == "no" || text == "0" || text == "off";
    if (!yes && !no && text != "auto")
      throw UsageError(unknown_name("--benchmark_color value", text, {"auto", "true", "false"}));
    output.color = yes ? "true" : no ? "false" : "auto";
  });
  add_choice(app, "--benchmark_time_unit", "of benchmark's JSON and CSV: ns, us, ms or s",
             output.time_unit, {"ns", "us", "ms", "s"});
  add_value(app, "--benchmark_context", "key=value,… for the context of the JSON",
            [&output](const std::string& text) { take_context(text, output); });
  app.add_option("--v", output.verbosity, "1: show the workers' commands and stderr")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void add_aggregate_flags(CLI::App& app, OutputOptions& output) {
  add_switch(app, "--benchmark_report_aggregates_only", "JSON and CSV without single repetitions",
             output.aggregates_only);
  const auto always = [](std::int64_t) {};
  app.add_flag_function("--benchmark_display_aggregates_only", always,
                        "the table always has one line a case, over all its repetitions");
  app.add_flag_function("--benchmark_counters_tabular", always,
                        "the table always has a column a counter");
}

}  // namespace

void add_google_benchmark_flags(CLI::App& app, Options& options) {
  add_run_flags(app, options);
  add_output_flags(app, options.output);
  add_aggregate_flags(app, options.output);
  add_value(app, "--benchmark_perf_counters", "refused: kernels are counted in the recorded pass",
            [](const std::string& text) {
              if (!text.empty())
                throw UsageError(
                    "--benchmark_perf_counters: hardware counters of this process would count "
                    "nothing, cases run in workers; kernels stand in the records");
            });
}

}  // namespace clipbench::bench
