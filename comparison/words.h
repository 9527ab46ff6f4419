// A comparison's verdicts in words: the same in the console, in Markdown and in JUnit.
#pragma once

#include <string>
#include <vector>

#include "comparison/comparison.h"

namespace clipbench::comparison {

/// What is compared: two runs, or the methods of one.
enum class Subject { runs, methods };

/// `regressed`; among methods `more`, `slower`: a difference between them is no regression.
std::string memory_word(Verdict, Subject);
std::string time_word(Verdict, Subject);

/// `+412.0 MiB`, `-512 B`, `0`
std::string bytes_change(std::int64_t bytes);

/// `+412.0 MiB dp_saved; peak moved from backward2 to backward`; empty: there is nothing to say.
std::string because(const MemoryJudgement&);
/// `10.2 % slower (1.081 to 1.125), p 0.0023, Cliff's delta +1.00, 7 against 7 processes`; empty
/// for same and ambiguous.
std::string because(const TimeJudgement&);
/// `OOM in backward; BASE: ok`; empty where both are ok.
std::string status_because(const CaseComparison&);
/// All of these that say something.
std::vector<std::string> because(const CaseComparison&);

/// `8 cases: memory 8 same; time 1 regressed, 7 ambiguous`
std::string counts_line(const Comparison&, Subject);
/// Why no time could be significant, and how many processes are enough; empty: it could.
std::string attainability_line(const Comparison&, double alpha);

}  // namespace clipbench::comparison
