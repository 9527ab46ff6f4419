#include "bench/models/hugging_face_names.h"

#include <gtest/gtest.h>

namespace clipbench::bench {
namespace {

TEST(HuggingFaceName, IsThatOfItsGpt2) {
  EXPECT_EQ(hugging_face_name("wte.weight"), "transformer.wte.weight");
  EXPECT_EQ(hugging_face_name("h.11.ln_2.bias"), "transformer.h.11.ln_2.bias");
  EXPECT_EQ(hugging_face_name("h.0.attn.proj.weight"), "transformer.h.0.attn.c_proj.weight");
  EXPECT_EQ(hugging_face_name("h.0.mlp.fc.weight"), "transformer.h.0.mlp.c_fc.weight");
  EXPECT_EQ(hugging_face_name("h.0.mlp.proj.bias"), "transformer.h.0.mlp.c_proj.bias");
  EXPECT_EQ(hugging_face_name("ln_f.weight"), "transformer.ln_f.weight");
  EXPECT_EQ(hugging_face_name("head.weight"), "lm_head.weight");
}

TEST(HuggingFaceName, IsThatOfItsLlama) {
  EXPECT_EQ(hugging_face_name("embed.weight"), "model.embed_tokens.weight");
  EXPECT_EQ(hugging_face_name("layers.3.ln_1.weight"), "model.layers.3.input_layernorm.weight");
  EXPECT_EQ(hugging_face_name("layers.3.ln_2.weight"),
            "model.layers.3.post_attention_layernorm.weight");
  EXPECT_EQ(hugging_face_name("layers.3.attn.k.weight"), "model.layers.3.self_attn.k_proj.weight");
  EXPECT_EQ(hugging_face_name("layers.3.attn.proj.weight"),
            "model.layers.3.self_attn.o_proj.weight");
  EXPECT_EQ(hugging_face_name("layers.3.mlp.gate.weight"), "model.layers.3.mlp.gate_proj.weight");
  EXPECT_EQ(hugging_face_name("layers.3.mlp.up.weight"), "model.layers.3.mlp.up_proj.weight");
  EXPECT_EQ(hugging_face_name("layers.3.mlp.down.weight"), "model.layers.3.mlp.down_proj.weight");
  EXPECT_EQ(hugging_face_name("norm.weight"), "model.norm.weight");
}

TEST(HuggingFaceName, KeepsQueriesKeysAndValuesApart) {
  EXPECT_EQ(hugging_face_name("h.0.attn.q.weight"), "transformer.h.0.attn.q_proj.weight");
  EXPECT_EQ(hugging_face_name("h.0.attn.k.bias"), "transformer.h.0.attn.k_proj.bias");
  EXPECT_EQ(hugging_face_name("h.0.attn.v.weight"), "transformer.h.0.attn.v_proj.weight");
}

}  // namespace
}  // namespace clipbench::bench
