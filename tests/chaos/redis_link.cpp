#include "chaos/redis_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace bridgework::chaos {
namespace {

constexpr std::size_t kBufferMax = 1 << 20;

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof address.sun_path) throw std::runtime_error("a path too long for a socket: " + path.string());
  std::strcpy(address.sun_path, path.c_str());
  return address;
}

int unix_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

/// Only the commit script names the log among its keys and is called by its hash; the bus's own script does too, which does no harm.
bool is_commit(const std::string& bytes) {
  return bytes.find("EVALSHA") != std::string::npos && bytes.find("}:log\r\n") != std::string::npos;
}

bool write_some(int fd, std::string& bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    bytes.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

/// False when the other side has closed.
bool read_some(int fd, std::string& bytes) {
  char buffer[65536];
  const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  bytes.assign(buffer, static_cast<std::size_t>(n));
  return n > 0;
}

}  // namespace

struct RedisLink::Pair {
  int client = -1, server = -1, pid = 0;
  std::string to_server, to_client;
  bool asked_commit = false, held = false, was_held = false;

  ~Pair() {
    ::close(client);
    ::close(server);
  }
};

RedisLink::RedisLink(const std::filesystem::path& front, const std::filesystem::path& behind) : behind_(behind) {
  listening_ = unix_socket();
  wakeup_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const sockaddr_un address = address_of(front);
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listening_, 128) != 0) {
    throw std::runtime_error("cannot listen at " + front.string());
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

RedisLink::~RedisLink() {
  thread_.request_stop();
  wake();
  thread_.join();
  pairs_.clear();
  ::close(listening_);
  ::close(wakeup_);
}

void RedisLink::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wakeup_, &one, sizeof one);
}

void RedisLink::cut_all() {
  cut_all_ = true;
  wake();
}
void RedisLink::cut_before_replies(int count) { cuts_left_ = count; }
void RedisLink::freeze(bool frozen) {
  frozen_ = frozen;
  wake();
}
void RedisLink::hold_commit_of(int pid) { hold_pid_ = pid; }
void RedisLink::release_held() {
  hold_pid_ = 0;
  release_ = true;
  wake();
}

void RedisLink::accept_one() {
  const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  auto pair = std::make_unique<Pair>();
  pair->client = client;
  pair->server = unix_socket();
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) pair->pid = peer.pid;
  const sockaddr_un address = address_of(behind_);
  // Redis away: the caller is told by the end of its connection, as a refused one would be.
  if (::connect(pair->server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
  pairs_.push_back(std::move(pair));
}

bool RedisLink::from_client(Pair& pair) {
  std::string bytes;
  if (!read_some(pair.client, bytes)) return false;
  if (is_commit(bytes)) {
    pair.asked_commit = true;
    if (hold_pid_ == pair.pid && !holding_) {
      pair.held = pair.was_held = true;
      holding_ = true;
    }
  }
  pair.to_server += bytes;
  return pair.held || write_some(pair.server, pair.to_server);
}

bool RedisLink::from_server(Pair& pair) {
  std::string bytes;
  if (!read_some(pair.server, bytes)) return false;
  if (pair.asked_commit && !bytes.empty()) {
    pair.asked_commit = false;
    if (pair.was_held) {
      pair.was_held = false;
      ++held_answered_;
      if (bytes.find("FENCED") != std::string::npos) ++held_refused_;
    }
    if (cuts_left_ > 0) {
      --cuts_left_;
      ++replies_cut_;
      return false;
    }
  }
  pair.to_client += bytes;
  return write_some(pair.client, pair.to_client);
}

bool RedisLink::pump(Pair& pair, short client_events, short server_events) {
  constexpr short kRead = POLLIN | POLLHUP | POLLERR;
  if ((server_events & kRead) != 0 && !from_server(pair)) return false;
  if ((client_events & kRead) != 0 && !from_client(pair)) return false;
  if ((client_events & POLLOUT) != 0 && !write_some(pair.client, pair.to_client)) return false;
  return (server_events & POLLOUT) == 0 || write_some(pair.server, pair.to_server);
}

void RedisLink::run(const std::stop_token& stop) {
  std::vector<pollfd> watched;
  while (!stop.stop_requested()) {
    watched.assign({{wakeup_, POLLIN, 0}});
    const bool frozen = frozen_;
    if (!frozen) {
      watched.push_back({listening_, POLLIN, 0});
      for (const auto& pair : pairs_) {
        const bool from_client = pair->to_server.size() < kBufferMax, from_server = pair->to_client.size() < kBufferMax;
        const bool to_server = !pair->to_server.empty() && !pair->held;
        watched.push_back({pair->client, static_cast<short>((from_client ? POLLIN : 0) | (pair->to_client.empty() ? 0 : POLLOUT)), 0});
        watched.push_back({pair->server, static_cast<short>((from_server ? POLLIN : 0) | (to_server ? POLLOUT : 0)), 0});
      }
    }
    if (::poll(watched.data(), watched.size(), 1000) < 0) continue;
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t n = ::read(wakeup_, &ignored, sizeof ignored);
    if (cut_all_.exchange(false)) {
      pairs_.clear();
      holding_ = false;
      continue;
    }
    if (release_.exchange(false)) {
      for (const auto& pair : pairs_) pair->held = false;
      holding_ = false;
      continue;
    }
    if (frozen) continue;
    std::vector<std::unique_ptr<Pair>> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (pump(*pairs_[i], watched[2 + 2 * i].revents, watched[3 + 2 * i].revents)) left.push_back(std::move(pairs_[i]));
    }
    pairs_ = std::move(left);
    if ((watched[1].revents & POLLIN) != 0) accept_one();
  }
}

}  // namespace bridgework::chaos
