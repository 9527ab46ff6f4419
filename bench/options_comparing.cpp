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
  add_switch(app, "--builds", "compare OLD NEW: folders of builds, measured now and in turn",
             comparing.builds);
  add_switch(app, "--until-decided",
             "compare: more processes until no time is ambiguous, at fixed looks",
             comparing.until_decided);
  add_text(app, "--as", "accept: the baseline's name", comparing.name);
  add_text(app, "--reason", "accept: why these numbers are the ones to hold", comparing.reason);
}

}  // namespace clipbench::bench
