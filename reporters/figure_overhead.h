// What each way to clip adds to a linear layer's time, over the sequence length: a panel a layer,
// measured and modelled, crossovers marked.
#pragma once

#include <string>
#include <vector>

#include "reporters/figure_source.h"
#include "reporters/overhead_curves.h"

namespace clipbench::reporters {

/// At least one layer with a curve. What is below 1 % lies on the axis, as an open triangle.
FigureSource overhead_figure(const std::string& name, const std::vector<OverheadLayer>& layers);

}  // namespace clipbench::reporters
