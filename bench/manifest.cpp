#include "bench/manifest.h"

#include <nlohmann/json.hpp>

#include "bench/cases/build_info.h"
#include "bench/own_file.h"
#include "bench/sha256.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kSchema = "clipbench.run/1";

json versions() {
  const BuildInfo& info = build_info();
  return {{"clipbench", info.version},
          {"git_sha", info.git_sha},
          {"build_type", info.build_type},
          {"torch", info.torch},
          {"compiler", info.compiler}};
}

json read_document(const RunFolder& folder) {
  return json::parse(read_own_file(folder.path() / "run.json").value_or(""), nullptr, false);
}

}  // namespace

void Manifest::count(const std::vector<reporters::Record>& records) {
  statuses.clear();
  for (const auto& record : records) ++statuses[reporters::to_string(record.status)];
}

void write_manifest(const RunFolder& folder, const Manifest& manifest) {
  json document = {{"schema", kSchema},
                   {"argv", manifest.argv},
                   {"suite", manifest.suite},
                   {"key", manifest.key},
                   {"device", manifest.device},
                   {"status", manifest.status},
                   {"started_utc", manifest.started_utc},
                   {"ended_utc", manifest.ended_utc},
                   {"cases", manifest.cases},
                   {"repetitions", manifest.repetitions},
                   {"statuses", manifest.statuses},
                   {"context", manifest.context},
                   {"versions", versions()},
                   {"files", manifest.files}};
  if (!manifest.reason.empty()) document["reason"] = manifest.reason;
  reporters::write_file(folder.path() / "run.json",
                        document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

Manifest read_manifest(const RunFolder& folder) {
  const json document = read_document(folder);
  Manifest manifest;
  if (!document.is_object()) return manifest;
  try {
    manifest.argv = document.at("argv").get<std::vector<std::string>>();
    manifest.suite = document.at("suite").get<std::string>();
    manifest.key = document.at("key").get<std::string>();
    manifest.device = document.at("device").get<std::string>();
    manifest.status = document.at("status").get<std::string>();
    manifest.started_utc = document.at("started_utc").get<std::string>();
    manifest.ended_utc = document.at("ended_utc").get<std::string>();
    manifest.cases = document.at("cases").get<std::vector<std::string>>();
    manifest.repetitions = document.at("repetitions").get<std::int64_t>();
    manifest.statuses = document.at("statuses").get<std::map<std::string, std::int64_t>>();
    manifest.context = document.at("context").get<std::map<std::string, std::string>>();
    manifest.files = document.at("files").get<std::map<std::string, std::string>>();
    manifest.reason = document.value("reason", "");
  } catch (const json::exception&) {  // of another version: what was read so far is all there is
  }
  return manifest;
}

void add_reason(const RunFolder& folder, const std::string& reason) {
  json document = read_document(folder);
  if (!document.is_object()) document = {{"schema", kSchema}};
  document["reason"] = reason;
  reporters::write_file(folder.path() / "run.json",
                        document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

std::map<std::string, std::string> hash_files(const RunFolder& folder) {
  std::map<std::string, std::string> hashes;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    const std::string name = fs::relative(entry.path(), folder.path()).generic_string();
    if (is_own_file(entry.path()) && name != "run.json") hashes[name] = sha256_file(entry.path());
  }
  return hashes;
}

}  // namespace clipbench::bench
