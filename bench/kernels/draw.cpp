#include "bench/kernels/draw.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/cases/case.h"
#include "bench/exit_code.h"
#include "bench/kernels/overhead_table.h"
#include "reporters/figure_overhead.h"
#include "reporters/figures.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw NotUsable(path + ": no such file");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void draw_overhead(const std::string& tsv, const std::string& file) {
  const auto layers = overhead_layers(Table::parse(read(tsv), overhead_columns(), tsv));
  const fs::path target = file.empty() ? tsv : file;
  const fs::path folder = target.has_parent_path() ? target.parent_path() : ".";
  const std::string name = reporters::safe_name(target.stem().string());
  const auto source = reporters::overhead_figure(name, layers);
  reporters::write_file(folder / (name + ".dat"), source.data);
  reporters::write_file(folder / (name + ".gp"), source.script);
  const std::string error = reporters::draw_figure(folder, name);
  if (!error.empty()) throw NotUsable(error);
  for (const auto& layer : layers)
    std::printf("%s\n%s\n", layer.name.c_str(), reporters::crossovers_text(layer).c_str());
  std::printf("figure  %s.pdf, .png\n", (folder / name).string().c_str());
}

}  // namespace clipbench::bench
