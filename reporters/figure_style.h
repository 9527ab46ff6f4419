// How a component looks in every figure: the same colour and hatch in all of them, told apart in
// grey print too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reporters/case_summary.h"

namespace clipbench::reporters {

struct ComponentStyle {
  const char* key;    ///< of records; "other" for the sum of the small and the unknown
  const char* label;  ///< in legends
  const char* color;  ///< of the palette of Okabe and Ito, or a grey
  int hatch;          ///< gnuplot's fill pattern drawn over the colour; 0: none
};

/// Components that are large enough to be seen in a group's figure, in the order of the account;
/// what the others sum up to is "other" where that can be seen.
class ShownComponents {
 public:
  /// Which moments count: the peaks and their change from vanilla's, or the whole step.
  enum class Of { peaks, steps };
  ShownComponents(const Group& group, Of moments);
  const std::vector<ComponentStyle>& styles() const { return styles_; }
  /// Bytes at the peak, an entry a style.
  std::vector<std::int64_t> at_peak(const Record& record) const;
  /// Bytes at a point of the timeline, an entry a style.
  std::vector<std::int64_t> at_point(const Record& record, std::size_t point) const;

 private:
  template <class Get>
  std::vector<std::int64_t> split(std::int64_t total, Get bytes_of) const;
  std::vector<ComponentStyle> styles_;
  bool has_other_ = true;
};

/// MiB, or GiB where the largest number is 10 GiB or more.
struct Unit {
  const char* name;
  double bytes;
};
Unit unit_for(std::int64_t largest_bytes);

}  // namespace clipbench::reporters
