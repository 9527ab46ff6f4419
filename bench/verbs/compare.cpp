// Runs against baselines, methods against a method, builds against builds.
#include <cstdio>

#include "bench/compare_records.h"
#include "bench/report_comparison.h"
#include "bench/verbs/compare_measured.h"
#include "bench/verbs/verb.h"

namespace clipbench::bench {
namespace {

int compare_runs(const Options& options, const std::string& base_run, const std::string& new_run) {
  const auto rules = rules_of(options.comparing);
  const Chosen base = choose_base(base_run, options.selection);
  const Chosen next = choose(new_run, options.selection);
  std::fprintf(stderr, "compare  %s -> %s\n", base.name.c_str(), next.name.c_str());
  return report_comparison(judge(base, next, rules), context_of(options, base.name, next.name),
                           options);
}

int compare_methods(const Options& options) {
  const std::string& method = options.comparing.versus;
  const std::string run = options.words.empty() ? "latest" : options.words.front();
  if (options.words.size() > 1)
    throw UsageError("--versus " + method + " compares inside one run; \"" + options.words[1] +
                     "\" is one word too many");
  const auto rules = rules_of(options.comparing);
  const Chosen chosen = choose_base(run, options.selection);
  auto context = context_of(options, method, chosen.name);
  context.subject = comparison::Subject::methods;
  std::fprintf(stderr, "compare  methods of %s with %s\n", chosen.name.c_str(), method.c_str());
  return report_comparison(judge_methods(chosen, method, rules), context, options);
}

void require_words(const Options& options, std::size_t count, const char* usage) {
  if (options.words.size() != count)
    throw UsageError("compare: usage: clipbench compare " + std::string(usage) + " [flags]");
}

}  // namespace

int compare_verb(const Options& options) {
  const CompareOptions& comparing = options.comparing;
  if (!comparing.versus.empty()) return compare_methods(options);
  if (comparing.builds) {
    require_words(options, 2, "--builds OLD NEW");
    return compare_builds(options);
  }
  if (options.words.size() == 1) return compare_now(options);
  require_words(options, 2, "BASE [NEW]");
  if (comparing.until_decided)
    throw UsageError("--until-decided measures; leave NEW away, or compare --builds");
  return compare_runs(options, options.words[0], options.words[1]);
}

}  // namespace clipbench::bench
