#include "golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace clipbench::reporters {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(__FILE__).parent_path() / "golden";

std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream a(expected), b(actual);
  std::string left, right;
  for (int line = 1;; ++line) {
    const bool more_left = static_cast<bool>(std::getline(a, left));
    const bool more_right = static_cast<bool>(std::getline(b, right));
    if (!more_left && !more_right) return "only line ends differ";
    if (more_left != more_right || left != right) {
      return "line " + std::to_string(line) + "\n  expected: " + (more_left ? left : "(end)") +
             "\n  got:      " + (more_right ? right : "(end)");
    }
  }
}

}  // namespace

void expect_golden(const std::string& name, const std::string& text) {
  const fs::path path = kFolder / name;
  if (std::getenv("CLIPBENCH_REGENERATE_GOLDENS")) {
    fs::create_directories(kFolder);
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " is missing";
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(expected == text) << name << ", " << first_difference(expected, text);
}

}  // namespace clipbench::reporters
