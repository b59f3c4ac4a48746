#pragma once
// A peer that speaks ZMTP byte by byte over a unix socket, or something else altogether.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace bridgework::support {

inline constexpr std::size_t kGreetingBytes = 64;

/// What a ZMTP 3.0 peer without keys says first: its greeting, and what kind of socket it is (RFC 23).
inline std::string zmtp_hello(std::string_view type = "DEALER") {
  std::string hello("\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL", 16);
  hello.resize(kGreetingBytes, '\0');
  std::string ready("\x05READY\x0bSocket-Type\0\0\0", 21);
  ready += static_cast<char>(type.size());
  ready += type;
  hello += '\x04';
  hello += static_cast<char>(ready.size());
  return hello + ready;
}

/// Sends what it is told.
class RawPeer {
 public:
  explicit RawPeer(const std::string& path) : link_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) throw std::runtime_error("too long a name for a socket");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (link_ < 0 || ::connect(link_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::fcntl(link_, F_SETFL, O_NONBLOCK) != 0) {
      throw std::runtime_error("cannot connect to " + path);
    }
  }
  ~RawPeer() { ::close(link_); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  /// False when the other side has hung up, or takes nothing for ten seconds.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(link_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN && errno != EINTR) return false;
      else if (!ready(POLLOUT)) return false;
    }
    return true;
  }

  /// Says hello and hears the other side out; libzmq takes nothing else before it has said its own. False when it does not answer.
  bool shake_hands(std::string_view type = "DEALER") {
    if (!send(zmtp_hello(type))) return false;
    std::string said;
    // A greeting, and one command with its length in its second byte.
    for (std::size_t wanted = kGreetingBytes + 2; said.size() < wanted;) {
      char byte = 0;
      const auto read = ::recv(link_, &byte, 1, 0);
      if (read == 0 || (read < 0 && ((errno != EAGAIN && errno != EINTR) || !ready(POLLIN)))) return false;
      if (read < 0) continue;
      said += byte;
      if (said.size() == kGreetingBytes + 2) wanted += static_cast<unsigned char>(byte);
    }
    return true;
  }

  /// Whether the other side hangs up within ten seconds; what it says before is thrown away.
  bool is_hung_up_on() {
    std::array<char, 4096> said;
    for (;;) {
      const auto read = ::recv(link_, said.data(), said.size(), 0);
      if (read == 0) return true;
      if (read < 0 && errno != EAGAIN && errno != EINTR) return true;
      if (read < 0 && !ready(POLLIN)) return false;
    }
  }

 private:
  bool ready(short events) const {
    pollfd item{link_, events, 0};
    return ::poll(&item, 1, 10'000) == 1;
  }

  int link_;
};

/// The head of a frame of that many bytes. In `flags` 1 says that more frames follow, 2 that the length has eight bytes.
inline std::string zmtp_frame(std::uint64_t bytes, std::uint8_t flags = 2) {
  std::string head(1, static_cast<char>(flags));
  for (int shift = (flags & 2) != 0 ? 56 : 0; shift >= 0; shift -= 8) head += static_cast<char>(bytes >> shift & 0xff);
  return head;
}

/// The same bytes for the same seed.
inline std::string random_bytes(std::uint32_t seed, std::size_t size) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xff);
  return bytes;
}

/// The most memory this process has ever asked for, touched or not.
inline std::size_t memory_asked_for_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmPeak:" && status >> kib) return kib * 1024;
  }
  throw std::runtime_error("no VmPeak in /proc/self/status");
}

}  // namespace bridgework::support
