// A figure as text: the data file and the gnuplot script that draws it. Pure.
#pragma once

#include <string>

#include "reporters/case_summary.h"

namespace clipbench::reporters {

struct FigureSource {
  std::string data;
  std::string script;
};

/// `name`: file name without extension, made of [A-Za-z0-9_.-]. `group` has at least one case with
/// numbers.
FigureSource breakdown_figure(const std::string& name, const Group& group);
FigureSource timeline_figure(const std::string& name, const Group& group);
FigureSource tradeoff_figure(const std::string& name, const Group& group);

}  // namespace clipbench::reporters
