// What there is: cases, models, methods, layers, suites, components, phases.
#include <cstdio>

#include "bench/cases/case.h"
#include "bench/cases/own_size.h"
#include "bench/device.h"
#include "bench/exit_code.h"
#include "bench/methods/catalog.h"
#include "bench/models/catalog.h"
#include "bench/name_filter.h"
#include "bench/plan.h"
#include "bench/verbs/verb.h"
#include "profiler/component.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

using reporters::pad_left;
using reporters::pad_right;

void print_row(const char* name, const std::string& description) {
  std::printf("%s %s\n", pad_right(name, 22).c_str(), description.c_str());
}

void list_cases(const Options& options) {
  const Devices devices(options.selection.device_index);
  for (const auto& one : make_plan(options, devices.best()).cases)
    std::printf("%s\n", one.name().c_str());
}

void list_models(const Options&) {
  std::printf("%s %6s %6s %6s %10s %14s %12s  %s\n", pad_right("model", 14).c_str(), "layers",
              "width", "heads", "vocabulary", "parameters", "T x B", "source");
  for (const auto& model : all_models()) {
    const Size size = own_size(model);
    const std::string own = std::to_string(size.seq) + " x " + std::to_string(size.batch);
    std::printf("%s %6lld %6lld %6lld %10lld %14s %12s  %s\n", pad_right(model.name, 14).c_str(),
                static_cast<long long>(model.layers), static_cast<long long>(model.width),
                static_cast<long long>(model.heads), static_cast<long long>(model.vocabulary),
                reporters::grouped(model.parameters(size.seq)).c_str(), own.c_str(), model.source);
  }
}

void list_methods(const Options&) {
  for (const auto& method : all_methods()) {
    const std::string source =
        method.literature[0] ? std::string(" (") + method.literature + ")" : "";
    print_row(
        method.name,
        pad_right(std::string(to_string(method.norm_way)) + ", " + to_string(method.schedule), 26) +
            method.description + source);
  }
}

void list_layers(const Options&) {
  print_row("linear", "y = x W' + b: attention, MLP and head");
  print_row("embedding", "rows of a table: tokens, and positions shared by all samples");
  print_row("layer_norm", "normalised over the width, with scale and shift");
  print_row("rms_norm", "divided by the root of the mean square, with scale");
}

void list_suites(const Options&) {
  for (const auto& suite : all_suites()) print_row(suite.name, suite.description);
}

void list_components(const Options&) {
  for (const char* name : profiler::kComponentNames) std::printf("%s\n", name);
}

void list_phases(const Options&) {
  print_row("forward", "activations are made");
  print_row("backward", "the first pass: gradients, or norms alone");
  print_row("clip", "norms become factors");
  print_row("backward2", "the second pass, with factors (two-pass methods)");
  print_row("weighted_sum", "sums of what was kept or stored (book-keeping, explicit)");
  print_row("noise", "noise, where it isn't drawn while sums are formed");
  print_row("step", "the optimizer");
}

struct Listing {
  const char* name;
  void (*print)(const Options&);
};

constexpr Listing kListings[] = {
    {"cases", list_cases},   {"models", list_models}, {"methods", list_methods},
    {"layers", list_layers}, {"suites", list_suites}, {"components", list_components},
    {"phases", list_phases},
};

}  // namespace

int list_verb(const Options& options) {
  const std::string what = options.words.empty() ? "cases" : options.words.front();
  std::vector<std::string> names;
  for (const auto& listing : kListings) {
    if (what == listing.name) {
      listing.print(options);
      return kPass;
    }
    names.push_back(listing.name);
  }
  throw UsageError(unknown_name("list", what, names));
}

}  // namespace clipbench::bench
