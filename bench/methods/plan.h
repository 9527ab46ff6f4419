// Which way every layer's norms are found: decided from shapes alone, so that the same plan can be
// timed at one size and verified at another.
#pragma once

#include <map>
#include <string>

#include "bench/models/model.h"

namespace clipbench::bench {

/// "h.11.attn.q" → "h.*.attn.q": layers of one role have one shape.
std::string role_of(const std::string& layer_name);

/// Role, or a single layer's name, → way. Layers that are not in it have one way only.
using Plan = std::map<std::string, NormWay>;

/// The layer's own, else its role's; `none` outside the plan.
NormWay way_of(const Plan&, const Layer&);

/// Ways that keep the per-sample gradients instead of the operands serve all layers, the others
/// linear ones alone. `mixed` takes Gram where a layer's two T×T matrices are smaller than its
/// gradient, else materialise; `fused` takes what costs fewer FLOPs, `planned` what is fastest on a
/// typical GPU where memory is no question; other ways serve all layers.
Plan make_plan(NormWay, const Model&, std::int64_t seq);

/// Each role's ways on another number of blocks: from the last block down, each way once.
Plan fitted(const Plan&, const Model&);

/// Role → what ran there; several computations in one role are joined with " and ".
using Path = std::map<std::string, std::string>;
void note(Path&, const Layer&, const std::string& computation);

}  // namespace clipbench::bench
