// Which way every layer's norms are found: decided from shapes alone, so that the same plan can be
// timed at one size and verified at another.
#pragma once

#include <map>
#include <string>

#include "bench/models/model.h"

namespace clipbench::bench {

/// "h.11.attn.q" → "h.*.attn.q": layers of one role have one shape.
std::string role_of(const std::string& layer_name);

/// Role → way of every linear layer. Layers that are not in it have one way only.
using Plan = std::map<std::string, NormWay>;

/// `mixed` takes Gram where a layer's two T×T matrices are smaller than its gradient, else
/// materialise; `fused` takes what costs fewer FLOPs; other ways serve all layers.
Plan make_plan(NormWay, const Model&, std::int64_t seq);

/// Role → what ran there; several computations in one role are joined with " and ".
using Path = std::map<std::string, std::string>;
void note(Path&, const Layer&, const std::string& computation);

}  // namespace clipbench::bench
