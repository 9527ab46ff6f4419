// Mutations: for each trap of the field a rule, a model, a release or a schedule that falls into
// it, and the check that must notice. Only tests know them.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace clipbench::bench::test {

struct Mutation {
  int trap;           ///< in the list of tests/training/README.md
  std::string name;   ///< what is wrong, in words
  std::string check;  ///< the function that must report it
  /// What the check reports, of the same set-up with the defect or without; empty: nothing.
  std::function<std::string(bool defective)> report;
};

std::vector<Mutation> norm_mutations();
std::vector<Mutation> operand_mutations();
std::vector<Mutation> release_mutations();
std::vector<Mutation> schedule_mutations();
/// All of them, by trap.
std::vector<Mutation> all_mutations();

}  // namespace clipbench::bench::test
