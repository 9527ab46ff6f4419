// Options of compare and accept.
#include <CLI/CLI.hpp>

#include "bench/methods/catalog.h"
#include "bench/option_groups.h"

namespace clipbench::bench {

void add_comparing_options(CLI::App& app, Options& options) {
  CompareOptions& comparing = options.comparing;
  add_choice(app, "--gate",
             "compare: what fails: memory, time or both [memory where CI is set, else both]",
             comparing.gate, {"memory", "time", "both"});
  add_text(app, "--tolerance", "compare: JSON file with growth that is allowed, and why",
           comparing.tolerance);
  add_text(app, "--markdown", "compare: write the result here, as Markdown", comparing.markdown);
  add_text(app, "--junit", "compare: write the result here, as JUnit's XML", comparing.junit);
  add_text(app, "--figure", "compare: draw FILE.pdf and FILE.png", comparing.figure);
  add_value(app, "--versus", "compare RUN: its methods against this one",
            [&comparing](const std::string& name) { comparing.versus = find_method(name).name; });
}

}  // namespace clipbench::bench
