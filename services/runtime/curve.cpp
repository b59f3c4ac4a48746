#include "runtime/curve.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

namespace bridgework::runtime {
namespace {

constexpr std::size_t kKeyCharacters = 40;
constexpr std::size_t kKeyBytes = 32;

using KeyText = std::array<char, kKeyCharacters + 1>;

std::string because(std::string_view what, const std::string& path) { return std::string(what) + " " + path + ": " + std::strerror(errno); }

struct File {
  explicit File(int descriptor) : descriptor(descriptor) {}
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor;
};

}  // namespace

CurveKeys make_curve_keys() {
  KeyText open{}, secret{};
  // Fails only in a library without CURVE, and there is no suite over TCP with one.
  if (zmq_curve_keypair(open.data(), secret.data()) != 0) std::abort();
  return {open.data(), secret.data()};
}

bool is_curve_key(std::string_view text) {
  if (text.size() != kKeyCharacters) return false;
  std::array<std::uint8_t, kKeyBytes> bytes{};
  return zmq_z85_decode(bytes.data(), std::string(text).c_str()) != nullptr;
}

tl::expected<CurveKeys, std::string> read_curve_keys(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.descriptor < 0 || ::fstat(file.descriptor, &status) != 0) return tl::unexpected(because("cannot read the key in", path));
  if (!S_ISREG(status.st_mode)) return tl::unexpected(path + " is no file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return tl::unexpected("the secret key in " + path + " can be read by others: chmod 600 " + path);
  }
  std::array<char, 2 * kKeyCharacters + 16> text{};
  const ssize_t size = ::read(file.descriptor, text.data(), text.size());
  if (size < 0) return tl::unexpected(because("cannot read the key in", path));
  const std::string_view all(text.data(), static_cast<std::size_t>(size));
  const std::string_view open = all.substr(0, kKeyCharacters);
  const std::string_view rest = all.substr(open.size());
  const bool two_lines = rest.size() > kKeyCharacters && rest.front() == '\n';
  const std::string_view secret = two_lines ? rest.substr(1, kKeyCharacters) : std::string_view{};
  const std::string_view end = two_lines ? rest.substr(1 + secret.size()) : std::string_view{};
  if (!is_curve_key(open) || !is_curve_key(secret) || (!end.empty() && end != "\n")) {
    return tl::unexpected(path + " holds no key pair: two lines of 40 characters, the public key first");
  }
  CurveKeys keys{std::string(open), std::string(secret)};
  KeyText derived{};
  if (zmq_curve_public(derived.data(), keys.secret_key.c_str()) != 0 || keys.public_key != derived.data()) {
    return tl::unexpected("the two keys in " + path + " do not belong together");
  }
  return keys;
}

tl::expected<void, std::string> write_curve_keys(const std::string& path, const CurveKeys& keys) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.descriptor < 0) return tl::unexpected(because("cannot make", path));
  const std::string text = keys.public_key + "\n" + keys.secret_key + "\n";
  if (::write(file.descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file.descriptor) != 0) {
    auto why = because("cannot write", path);
    ::unlink(path.c_str());
    return tl::unexpected(std::move(why));
  }
  return {};
}

}  // namespace bridgework::runtime
