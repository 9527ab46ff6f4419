#include "bench/cases/suite.h"

#include "bench/cases/knobs.h"
#include "bench/cases/own_size.h"
#include "bench/methods/catalog.h"
#include "bench/models/catalog.h"

namespace clipbench::bench {
namespace {

constexpr std::size_t kMostCases = 100'000;

std::vector<std::string> methods_but(const std::string& left_out) {
  std::vector<std::string> names;
  for (const auto& method : all_methods())
    if (method.name != left_out) names.push_back(method.name);
  return names;
}

std::string model_for(const std::string& device) {
  return device == "cuda" ? "gpt2_small" : "gpt2_tiny";
}

Selection smoke(const std::string& device) {
  Selection result;
  result.models = {"gpt2_tiny"};
  result.methods = {"vanilla", "ghost", "flash_clip"};
  result.seqs = {32}, result.batches = {2};
  result.devices = {device};
  return result;
}

Selection default_suite(const std::string& device) {
  Selection result;
  result.models = {model_for(device)};
  result.methods = methods_but("microbatch");
  result.devices = {device};
  return result;
}

Selection paper(const std::string& device) {
  Selection result = default_suite(device);
  result.methods = methods_but("");
  return result;
}

Selection everything(const std::string& device) {
  Selection result = paper(device);
  result.models.clear();
  for (const auto& model : all_models()) result.models.push_back(model.name);
  return result;
}

template <class List>
void override_list(List& list, const List& other) {
  if (!other.empty()) list = other;
}

/// Multiplies every case by every value.
template <class Values, class Set>
void multiply(std::vector<Case>& cases, const Values& values, Set set) {
  if (cases.size() * values.size() > kMostCases)
    throw UsageError("lists multiply to more than " + std::to_string(kMostCases) + " cases");
  std::vector<Case> result;
  for (const auto& one : cases)
    for (const auto& value : values) set(result.emplace_back(one), value);
  cases = std::move(result);
}

void set_knob(Case& changed, const std::string& name, const std::string& value) {
  const std::string canonical = canonical_knob(name, value);
  if (canonical != default_knob(name)) changed.knobs[name] = canonical;
}

std::string own_dtype(const std::string& device) { return device == "cuda" ? "bf16" : "f32"; }

void fill_own_settings(Case& filled) {
  const ModelInfo& model = find_model(filled.model);
  if (filled.seq == 0) filled.seq = own_size(model).seq;
  if (filled.batch == 0) filled.batch = own_size(model).batch;
  if (filled.dtype.empty()) filled.dtype = own_dtype(filled.device);
}

}  // namespace

std::vector<Case> Selection::product() const {
  std::vector<Case> cases(1);
  multiply(cases, models, [](Case& c, const std::string& model) { c.model = model; });
  if (!seqs.empty()) multiply(cases, seqs, [](Case& c, std::int64_t seq) { c.seq = seq; });
  if (!batches.empty()) multiply(cases, batches, [](Case& c, std::int64_t b) { c.batch = b; });
  if (!dtypes.empty()) multiply(cases, dtypes, [](Case& c, const std::string& d) { c.dtype = d; });
  for (const auto& knob : all_knobs())
    if (const auto found = knobs.find(knob.name); found != knobs.end())
      multiply(cases, found->second,
               [&](Case& c, const std::string& value) { set_knob(c, knob.name, value); });
  multiply(cases, devices, [](Case& c, const std::string& device) { c.device = device; });
  multiply(cases, methods, [](Case& c, const std::string& method) { c.method = method; });
  for (auto& one : cases) {
    fill_own_settings(one);
    check(one);
  }
  return cases;
}

Selection Selection::overridden_by(const Selection& other) const {
  Selection result = *this;
  // Another model brings its own size.
  if (!other.models.empty()) result.seqs.clear(), result.batches.clear();
  override_list(result.models, other.models);
  override_list(result.methods, other.methods);
  override_list(result.dtypes, other.dtypes);
  override_list(result.devices, other.devices);
  override_list(result.seqs, other.seqs);
  override_list(result.batches, other.batches);
  for (const auto& [name, values] : other.knobs) result.knobs[name] = values;
  return result;
}

const std::vector<Suite>& all_suites() {
  static const std::vector<Suite> suites = {
      {"smoke", "three small cases, to see that everything works", 1, 2, smoke},
      {"default", "gpt2_tiny on a CPU, gpt2_small on CUDA; every method but microbatch", 1, 5,
       default_suite},
      {"paper", "default's model, every method, five processes each: error bars", 5, 30, paper},
      {"all", "every model at its own size, every method", 1, 30, everything},
  };
  return suites;
}

const Suite& find_suite(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& suite : all_suites()) {
    if (name == suite.name) return suite;
    names.push_back(suite.name);
  }
  throw UsageError(unknown_name("suite", name, names));
}

}  // namespace clipbench::bench
