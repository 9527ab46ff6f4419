#include "bench/options.h"

#include "bench/cases/case.h"
#include "bench/command_line.h"
#include "bench/option_groups.h"
#include "bench/verbs/verb.h"

namespace clipbench::bench {
namespace {

using Words = std::vector<std::string>;

/// A filter may begin with '-', which a parser would take for an option.
Words join_filter(const Words& argv) {
  Words joined;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    const bool is_filter = argv[i] == "--filter" || argv[i] == "--benchmark_filter";
    if (is_filter && i + 1 < argv.size()) {
      joined.push_back(argv[i] + "=" + argv[i + 1]);
      ++i;
    } else {
      joined.push_back(argv[i]);
    }
  }
  return joined;
}

Words flag_names(const CLI::App& app) {
  Words names;
  for (const CLI::Option* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// Names only, for one line: "did you mean" where something is close, else where help is.
void refuse_unknown_flags(const CLI::App& app) {
  const auto unknown = app.remaining();
  if (unknown.empty()) return;
  const std::string flag = unknown.front().substr(0, unknown.front().find('='));
  const std::string full = unknown_name("option", flag, flag_names(app));
  throw UsageError(full.substr(0, full.find("one of: ")) + "clipbench --help lists them all");
}

void take_verb(Options& options) {
  if (options.words.empty()) return;
  const Verb& verb = find_verb(options.words.front());
  options.verb = verb.name;
  options.words.erase(options.words.begin());
  if (options.words.size() > verb.most_words)
    throw UsageError("\"" + options.words[verb.most_words] +
                     "\" is one word too many; usage: clipbench " + verb.usage + " [flags]");
}

void declare(CLI::App& app, Options& options) {
  declare_common(app, options.text, options.words);
  app.allow_extras();
  add_selection_options(app, options);
  add_measuring_options(app, options);
  add_run_options(app, options);
  add_comparing_options(app, options);
  add_google_benchmark_flags(app, options);
}

}  // namespace

Options parse_options(const Words& argv) {
  Options options;
  CLI::App app("What a DP-SGD clipping method costs, in bytes and in milliseconds, and why.\n\n" +
                   verbs_text("run", all_verbs(), 26),
               "clipbench [VERB] [RUN]");
  declare(app, options);
  parse(app, join_filter(argv));
  if (options.text) return options;
  refuse_unknown_flags(app);
  take_verb(options);
  options.argv = argv;
  return options;
}

}  // namespace clipbench::bench
