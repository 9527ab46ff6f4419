#include <algorithm>
#include <cstdio>
#include <map>

#include "bench/compare_records.h"
#include "bench/device.h"
#include "bench/exit_code.h"
#include "bench/manifest.h"
#include "bench/plan.h"
#include "bench/report_comparison.h"
#include "bench/resolve_run.h"
#include "bench/verbs/compare_measured.h"
#include "bench/verbs/run_plan.h"
#include "comparison/looks.h"

namespace clipbench::bench {
namespace {

using reporters::Record;

/// How BASE was asked for: of its manifest, else as its records remember it.
std::vector<std::string> base_arguments(const std::string& base, const Record& first) {
  const ResolvedRun resolved = resolve_run(base);
  auto argv = resolved.is_folder ? read_manifest(RunFolder(resolved.path)).argv
                                 : std::vector<std::string>();
  return argv.empty() ? first.environment.argv : argv;
}

/// What was typed, but for the verb and the run.
std::vector<std::string> typed_flags(const Options& typed) {
  auto argv = typed.argv;
  for (const std::string& word : {std::string("compare"), typed.words.front()})
    if (const auto found = std::find(argv.begin(), argv.end(), word); found != argv.end())
      argv.erase(found);
  return argv;
}

std::int64_t processes_a_case(const std::vector<Record>& records) {
  std::map<std::string, std::int64_t> counts;
  std::int64_t most = 1;
  for (const Record& record : records) most = std::max(most, ++counts[record.case_name]);
  return most;
}

/// Options of BASE's run, overruled by what was typed; into a folder of its own.
Options options_as_base(const Options& typed, const Chosen& base) {
  auto argv = base_arguments(typed.words.front(), base.records.front());
  const auto flags = typed_flags(typed);
  argv.insert(argv.end(), flags.begin(), flags.end());
  Options options = parse_options(argv);
  if (options.verb != "run")
    throw UsageError(base.name + " was not made by a run; measure its cases with clipbench run");
  options.selection.lists.devices = {base.records.front().config.device};
  options.output.out_file = typed.output.out_file;  // BASE may be anybody's: it names no file
  options.measuring.dump = typed.measuring.dump;
  options.comparing = typed.comparing;
  options.run.resume.clear();
  options.run.resume_latest = false;
  options.run.out = typed.run.out.empty() ? RunFolder::fresh().path().string() : typed.run.out;
  options.output.table = false;
  return options;
}

/// BASE's own cases, in its order.
Plan plan_of(Options options, const Chosen& base) {
  options.selection.filter.clear();  // it has chosen records already
  Plan plan = make_plan(options, base.records.front().config.device);
  plan.cases.clear();
  for (const Record& record : base.records)
    if (record.repetition == 0) plan.cases.push_back(parse_case(record.case_name));
  return plan;
}

class Measurement {
 public:
  Measurement(Options options, Plan plan)
      : options_(std::move(options)),
        plan_(std::move(plan)),
        devices_(options_.selection.device_index) {}

  /// So many processes a case in all; what is there already is not measured again. Returns the
  /// run's exit code.
  int measure(std::int64_t processes) {
    plan_.repetitions = processes;
    const int code = run_plan(options_, plan_, devices_);
    options_.run.resume = options_.run.out;  // from now on
    return code;
  }
  const std::string& folder() const { return options_.run.out; }

 private:
  Options options_;
  Plan plan_;
  Devices devices_;
};

bool interrupted(int code) { return code > kSignalBase; }

}  // namespace

int compare_now(const Options& typed) {
  comparison::Rules rules = rules_of(typed.comparing);
  const Chosen base = choose_base(typed.words.front(), typed.selection);
  const Options options = options_as_base(typed, base);
  Measurement measurement(options, plan_of(options, base));
  const auto planned = comparison::planned_looks(rules.time.alpha);
  const std::vector<comparison::Look> once = {
      {typed.run.repetitions > 0 ? typed.run.repetitions : processes_a_case(base.records),
       rules.time.alpha}};
  comparison::Comparison judged;
  for (const auto& look : typed.comparing.until_decided ? planned : once) {
    if (const int code = measurement.measure(look.processes); interrupted(code)) return code;
    rules.time.alpha = look.alpha;
    judged = judge(base, choose(measurement.folder(), typed.selection), rules);
    if (is_decided(judged)) break;
  }
  auto context = context_of(typed, base.name, measurement.folder());
  context.alpha = rules.time.alpha;
  std::fprintf(stderr, "compare  %s -> %s\n", base.name.c_str(), context.next.c_str());
  return report_comparison(judged, context, typed);
}

}  // namespace clipbench::bench
