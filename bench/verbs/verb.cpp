#include "bench/verbs/verb.h"

#include "bench/cases/case.h"

namespace clipbench::bench {

const std::vector<Verb>& all_verbs() {
  static const std::vector<Verb> verbs = {
      {"run", "run", "measure cases, each in its own process; draw the figures", run_verb},
      {"list", "list [WHAT]", "cases, models, methods, layers, suites, components or phases",
       list_verb},
      {"verify", "verify", "check methods against microbatch, measure nothing", verify_verb},
      {"show", "show RUN [CASE]", "a run's table; a case's peak: who holds which bytes, and why",
       show_verb},
      {"figures", "figures RUN", "draw figures, tables and summary again, from records",
       figures_verb},
      {"doctor", "doctor", "device, clocks, other processes, tools, settings", doctor_verb},
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
