// Options that choose cases.
#include <CLI/CLI.hpp>

#include "bench/cases/case.h"
#include "bench/cases/knobs.h"
#include "bench/cases/numbers.h"
#include "bench/methods/catalog.h"
#include "bench/models/catalog.h"
#include "bench/option_groups.h"

namespace clipbench::bench {
namespace {

using Names = std::vector<std::string>;

/// A list that isn't empty, each entry checked.
Names checked_list(const std::string& flag, const std::string& text,
                   const std::function<void(const std::string&)>& check_one) {
  const Names names = split_list(text);
  if (names.empty()) throw UsageError(flag + " '" + text + "': a name, or names with commas");
  for (const auto& name : names) check_one(name);
  return names;
}

void check_dtype(const std::string& name) {
  for (const char* known : {"f64", "f32", "tf32", "bf16"})
    if (name == known) return;
  throw UsageError(unknown_name("dtype", name, {"f64", "f32", "tf32", "bf16"}));
}

std::int64_t checked_size(const std::string& flag, const std::string& text) {
  const auto size = parse_integer(text);
  if (!size || *size < 1) throw UsageError(flag + " '" + text + "': a size of 1 or more is needed");
  return *size;
}

void take_sizes(const std::string& flag, const std::string& text,
                std::vector<std::int64_t>& sizes) {
  sizes.clear();
  checked_list(flag, text,
               [&](const std::string& one) { sizes.push_back(checked_size(flag, one)); });
}

/// `cuda:1` → "cuda", and the number is kept.
std::string take_device(const std::string& text, SelectionOptions& selection) {
  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  if (name != "cpu" && name != "cuda")
    throw UsageError(unknown_name("device", text, {"cpu", "cuda"}));
  if (colon == std::string::npos) return name;
  const auto index = parse_integer(text.substr(colon + 1));
  if (!index || *index < 0 || *index > 1023 || name == "cpu")
    throw UsageError("--device '" + text + "': cpu, cuda or cuda:N is needed");
  selection.device_index = static_cast<int>(*index);
  return name;
}

void add_lists(CLI::App& app, SelectionOptions& selection) {
  Selection& lists = selection.lists;
  add_value(app, "--model", "models, with commas (list models)", [&](const std::string& text) {
    lists.models = checked_list("--model", text, [](auto& name) { find_model(name); });
  });
  add_value(app, "--method", "methods, with commas (list methods)", [&](const std::string& text) {
    lists.methods = checked_list("--method", text, [](auto& name) { find_method(name); });
  });
  add_value(app, "--seq", "tokens a sample, T",
            [&](const std::string& text) { take_sizes("--seq", text, lists.seqs); });
  add_value(app, "--batch", "samples a step, B",
            [&](const std::string& text) { take_sizes("--batch", text, lists.batches); });
  add_value(app, "--dtype", "f32, tf32, bf16 or f64", [&](const std::string& text) {
    lists.dtypes = checked_list("--dtype", text, check_dtype);
  });
  add_value(app, "--device", "cpu, cuda or cuda:N", [&](const std::string& text) {
    lists.devices.clear();
    for (const auto& name : checked_list("--device", text, [](auto&) {}))
      lists.devices.push_back(take_device(name, selection));
  });
}

std::string flag_of(const Knob& knob) {
  std::string flag = std::string("--") + knob.name;
  for (auto& c : flag) c = c == '_' ? '-' : c;
  return flag;
}

void add_knobs(CLI::App& app, SelectionOptions& selection) {
  for (const auto& knob : all_knobs()) {
    if (std::string(knob.name) == "deterministic") continue;
    const std::string help = std::string(knob.help) + " [" + knob.default_value + "]";
    add_value(app, flag_of(knob), help, [&knob, &selection](const std::string& text) {
      selection.lists.knobs[knob.name] = checked_list(
          flag_of(knob), text, [&](const std::string& value) { canonical_knob(knob.name, value); });
    });
  }
  app.add_flag_callback(
      "--deterministic", [&selection] { selection.lists.knobs["deterministic"] = {"1"}; },
      "bitwise reproducible operations only");
}

void add_filter(CLI::App& app, const std::string& flag, SelectionOptions& selection) {
  add_value(app, flag, "regular expression on names; a leading '-' negates",
            [&selection, flag](const std::string& text) {
              selection.filter = text;
              selection.filter_flag = flag;
            });
}

}  // namespace

void add_selection_options(CLI::App& app, Options& options) {
  SelectionOptions& selection = options.selection;
  add_text(app, "--suite", "a named set of cases (list suites)", selection.suite);
  add_filter(app, "--filter", selection);
  add_filter(app, "--benchmark_filter", selection);
  add_lists(app, selection);
  add_knobs(app, selection);
}

}  // namespace clipbench::bench
