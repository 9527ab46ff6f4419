// Parameters under the names that readers of Hugging Face's GPT-2 and Llama know.
#pragma once

#include <string>

namespace clipbench::bench {

/// "h.0.mlp.fc.weight" → "transformer.h.0.mlp.c_fc.weight", "layers.0.mlp.up.weight" →
/// "model.layers.0.mlp.up_proj.weight", "head.weight" → "lm_head.weight".
///
/// Two things differ from Hugging Face's own GPT-2: queries, keys and values are three parameters
/// (attn.q_proj, attn.k_proj, attn.v_proj) instead of one c_attn, and weights are [out,in] as in
/// nn.Linear instead of [in,out].
std::string hugging_face_name(const std::string& parameter);

}  // namespace clipbench::bench
