// Numbers and strings as text, the same in every locale, and harmless where they are put.
#pragma once

#include <cstdint>
#include <string>

namespace clipbench::reporters {

std::string fixed(double value, int digits);  ///< "-" for a value that is not finite
std::string scientific(double value);         ///< 3.1e-15
std::string shortest(double value);           ///< reads back as the same number; "" if not finite
std::string mib(std::int64_t bytes);          ///< MiB = 2^20 bytes, one decimal
std::string signed_mib(
    std::int64_t bytes);                  ///< with its sign; +1070 from 1000 on, +512 B below 0.05
std::string with_suffix(double value);    ///< 24.9k, 1.31M
std::string grouped(std::int64_t value);  ///< 1,979,711,496

std::string pad_left(const std::string&,
                     std::size_t columns);  ///< columns as a terminal counts UTF-8
std::string pad_right(const std::string&, std::size_t columns);
std::size_t columns_of(const std::string&);

std::string one_line(const std::string&);   ///< control characters become spaces
std::string csv_field(const std::string&);  ///< RFC 4180, one line, never read as a formula
std::string tsv_field(const std::string&);
std::string tex_text(const std::string&);       ///< every special character of TeX escaped
std::string gnuplot_field(const std::string&);  ///< a double-quoted column of a data file

}  // namespace clipbench::reporters
