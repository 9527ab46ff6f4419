// The table of verbs. A verb is a function of the options; it returns the program's exit code.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/options.h"

namespace clipbench::bench {

struct Verb {
  const char* name;
  const char* usage;
  const char* description;
  std::size_t most_words;  ///< behind the verb; more are refused
  int (*run)(const Options&);
};

const std::vector<Verb>& all_verbs();
/// Throws UsageError listing the possible ones.
const Verb& find_verb(const std::string& name);

int run_verb(const Options&);
int list_verb(const Options&);
int verify_verb(const Options&);
int show_verb(const Options&);
int figures_verb(const Options&);
int compare_verb(const Options&);
int accept_verb(const Options&);
int doctor_verb(const Options&);

}  // namespace clipbench::bench
