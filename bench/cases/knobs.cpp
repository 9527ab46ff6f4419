#include "bench/cases/knobs.h"

#include <algorithm>
#include "bench/cases/case.h"
#include "bench/cases/numbers.h"

namespace clipbench::bench {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& value,
                         const std::string& possible) {
  throw UsageError(name + " '" + value + "': " + possible);
}

std::string one_of(const std::string& name, const std::string& value,
                   const std::vector<std::string>& possible) {
  if (std::find(possible.begin(), possible.end(), value) != possible.end()) return value;
  throw UsageError(unknown_name(name, value, possible));
}

std::string number(const std::string& name, const std::string& value, bool zero_allowed) {
  const auto parsed = parse_number(value);
  if (!parsed || *parsed < 0 || (*parsed == 0 && !zero_allowed))
    refuse(name, value,
           zero_allowed ? "a number, 0 or more, is needed" : "a number above 0 is needed");
  return print_number(*parsed);
}

std::string count(const std::string& name, const std::string& value) {
  const auto parsed = parse_integer(value);
  if (!parsed || *parsed < 0) refuse(name, value, "an integer, 0 or more, is needed");
  return std::to_string(*parsed);
}

}  // namespace

const std::vector<Knob>& all_knobs() {
  static const std::vector<Knob> knobs = {
      {"optimizer", "adam", "sgd, adam or adamw, fed with the private gradient"},
      {"clip", "abadi", "norms to factors: abadi, autos, psac or global"},
      {"clip_norm", "1", "the norm C that a sample's gradient is clipped to"},
      {"noise_multiplier", "1", "standard deviation of the noise over C"},
      {"head", "untied", "tied: the language-model head's weight is the token embedding's"},
      {"second_pass", "unscaled",
       "of two passes: the same backward again, or reweighted: of the losses times the factors"},
      {"physical_batch", "0", "samples that go through the model at once; 0: the whole batch"},
      {"deterministic", "0", "1: bitwise reproducible operations only"},
      {"seed", "0", "of parameters, data and noise"},
  };
  return knobs;
}

const char* default_knob(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& knob : all_knobs()) {
    if (name == knob.name) return knob.default_value;
    names.push_back(knob.name);
  }
  throw UsageError(unknown_name("knob", name, names));
}

std::string canonical_knob(const std::string& name, const std::string& value) {
  if (name == "optimizer") return one_of(name, value, {"sgd", "adam", "adamw"});
  if (name == "clip") return one_of(name, value, {"abadi", "autos", "psac", "global"});
  if (name == "clip_norm") return number(name, value, false);
  if (name == "noise_multiplier") return number(name, value, true);
  if (name == "deterministic") return one_of(name, value, {"0", "1"});
  if (name == "head") return one_of(name, value, {"untied", "tied"});
  if (name == "second_pass") return one_of(name, value, {"unscaled", "reweighted"});
  if (name == "physical_batch" || name == "seed") return count(name, value);
  default_knob(name);
  return value;
}

}  // namespace clipbench::bench
