#include "reporters/record_io.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

namespace clipbench::reporters {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 256 << 20;  ///< a large record has 2 MiB

/// Walks broken text up to its fault and notes where that is and inside which key.
struct FaultFinder : nlohmann::json_sax<json> {
  std::vector<std::string> keys;  ///< the last key seen in each open object
  std::size_t position = 0;
  std::string message;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    keys.emplace_back();
    return true;
  }
  bool key(string_t& name) override {
    keys.back() = name;
    return true;
  }
  bool end_object() override {
    keys.pop_back();
    return true;
  }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const json::exception& error) override {
    position = at;
    message = error.what();
    return false;
  }

  std::string innermost_key() const {
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
      if (!key->empty()) return *key;
    }
    return "";
  }
};

/// `ends at byte 4096 inside "samples_ms"`
std::string describe_fault(const std::string& text) {
  FaultFinder finder;
  json::sax_parse(text, &finder);
  const bool truncated = finder.position >= text.size();
  const std::size_t byte = truncated ? text.size() : finder.position;
  const std::string key = finder.innermost_key();
  return (truncated ? "ends at byte " : "no JSON at byte ") + std::to_string(byte) +
         (key.empty() ? "" : " inside \"" + key + "\"");
}

[[noreturn]] void fail(const fs::path& path, int error) {
  throw std::system_error(error, std::generic_category(), path.string());
}

/// Closes on every way out; the file itself is left to the caller.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  operator int() const { return fd_; }  // NOLINT(google-explicit-constructor)

 private:
  int fd_;
};

int write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    done += static_cast<std::size_t>(n);
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

void write_file(const fs::path& path, const std::string& text) {
  const fs::path temporary = path.string() + ".tmp" + std::to_string(::getpid());
  int error = 0;
  {
    ::unlink(temporary.c_str());  // of an earlier process with this number, or planted
    const Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd < 0) fail(path, errno);
    error = write_all(fd, text);
  }
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(temporary.c_str());
  fail(path, error);
}

void write_record(const fs::path& path, const Record& record) {
  // A byte that is no UTF-8 (a crash's last words) must not lose the record.
  write_file(path, to_json(record).dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

Record record_from_text(const std::string& text, const std::string& origin) {
  const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    throw RecordError(origin + ": not a record: " + describe_fault(text));
  }
  return record_from(parsed, origin);
}

Record read_record(const fs::path& path) {
  std::error_code unknown;
  if (const auto bytes = fs::file_size(path, unknown); !unknown && bytes > kMostBytes)
    throw RecordError(path.string() + ": not a record: " + std::to_string(bytes) + " bytes");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw RecordError(path.string() + ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return record_from_text(text, path.string());
}

std::string safe_name(const std::string& case_name) {
  const std::string allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  std::string out;
  for (const char c : case_name) {
    if (c == '/') {
      out += '.';
    } else {
      out += allowed.find(c) != std::string::npos ? c : '-';
    }
  }
  return out;
}

}  // namespace clipbench::reporters
