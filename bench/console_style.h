// Whether stdout takes colours and more than ASCII.
#pragma once

#include <string>

#include "reporters/console_table.h"

namespace clipbench::bench {

/// `color`: auto, true or false. NO_COLOR, or not a terminal: plain ASCII, unless asked for.
reporters::ConsoleOptions console_style(const std::string& color);

}  // namespace clipbench::bench
