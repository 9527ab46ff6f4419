#include "bench/verbs/verb.h"

#include "bench/cases/case.h"

namespace clipbench::bench {

const std::vector<Verb>& all_verbs() {
  static const std::vector<Verb> verbs = {
      {"run", "run", "measure cases, each in its own process; draw the figures", 0, run_verb},
      {"list", "list [WHAT]", "cases, models, methods, layers, suites, components or phases", 1,
       list_verb},
      {"verify", "verify", "check methods against microbatch, measure nothing", 0, verify_verb},
      {"show", "show RUN [CASE]", "a run's table; a case's peak: who holds which bytes, and why", 2,
       show_verb},
      {"figures", "figures RUN", "draw figures, tables and summary again, from records", 1,
       figures_verb},
      {"compare", "compare BASE [NEW]",
       "judge a run against a baseline; without NEW, measure it now", 2, compare_verb},
      {"accept", "accept RUN", "keep a run as a baseline: --as NAME --reason TEXT", 1, accept_verb},
      {"doctor", "doctor", "device, clocks, other processes, tools, settings", 0, doctor_verb},
  };
  return verbs;
}

const Verb& find_verb(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& verb : all_verbs()) {
    if (name == verb.name) return verb;
    names.push_back(verb.name);
  }
  throw UsageError(unknown_name("verb", name, names));
}

}  // namespace clipbench::bench
