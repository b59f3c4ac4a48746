#include "support/suite.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace bridgework::support {
namespace {

bool can_listen(int port) {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool bound = ::bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(s);
  return bound;
}

/// The first of as many ports as a suite takes, one after the other. Below those the kernel gives to clients: one of them may be taken
/// between our look and the start. Another process may still take one; scripts/up then says so.
int free_port() {
  constexpr int kFirst = 10'000, kLast = 32'000, kPorts = 40;
  for (int i = 0; i < (kLast - kFirst) / kPorts; ++i) {
    const int base = kFirst + (::getpid() + i) % ((kLast - kFirst) / kPorts) * kPorts;
    bool free = true;
    for (int port = base; free && port < base + kPorts; ++port) free = can_listen(port);
    if (free) return base;
  }
  throw std::runtime_error("no free ports");
}

Suite::Ran run(const std::string& command) {
  Suite::Ran ran{-1, {}};
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return ran;
  char buffer[65536];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) ran.out.append(buffer, n);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return ran;
}

std::string read_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

constexpr auto kLook = std::chrono::milliseconds(10);

}  // namespace

Suite::Suite(Options options) {
  std::string pattern = "/tmp/bw-suite-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  data_ = pattern;
  port_ = options.port != 0 ? options.port : free_port();
  clock_ = std::make_unique<DrivenClock>(data_ / "clock");
  if (options.prepare) options.prepare(data_);
  std::string environment;
  if (options.start) {
    clock_->set(*options.start);
    environment = "BRIDGEWORK_TEST_CLOCK=" + (data_ / "clock").string() + " ";
  }
  for (const auto& setting : options.environment) environment += setting + " ";
  const std::string instances = options.instances.empty() ? "" : " --instances " + options.instances;
  const std::string programs = options.programs.empty() ? BRIDGEWORK_TEST_BIN : options.programs;
  const std::string command = environment + BRIDGEWORK_SOURCE_DIR "/scripts/up --no-build --detach --bin " + programs + " --data " +
                              data_.string() + " --port " + std::to_string(port_) + instances + " 2>&1 </dev/null";
  const Ran ran = run(command);
  if (ran.status != 0) throw std::runtime_error("scripts/up: " + ran.out);
  api_ = std::make_unique<Api>(url(), admin_key());
}

Suite::~Suite() {
  run(BRIDGEWORK_SOURCE_DIR "/scripts/down --data " + data_.string() + " 2>&1");
  if (keep_data_ || ::testing::Test::HasFailure()) {
    std::cerr << "the suite's data and logs are kept in " << data_ << "\n";
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(data_, ignored);
}

std::string Suite::url() const { return "http://127.0.0.1:" + std::to_string(port_); }
std::string Suite::admin_key() const { return read_line(data_ / "admin.key"); }

Suite::Ran Suite::cli(const std::string& arguments) const {
  return run("BRIDGEWORK_URL=" + url() + " BRIDGEWORK_DATA=" + data_.string() + " " BRIDGEWORK_CLI " " + arguments);
}

std::string Suite::add_process(const std::string& service) const {
  const Ran ran = run(BRIDGEWORK_SOURCE_DIR "/scripts/up --add " + service + " --data " + data_.string() + " </dev/null");
  return ran.status == 0 ? ran.out.substr(0, ran.out.find('\n')) : std::string();
}

bool Suite::end_process(const std::string& name) const {
  return run(BRIDGEWORK_SOURCE_DIR "/scripts/down --only " + name + " --data " + data_.string()).status == 0;
}

bool Suite::eventually(const std::function<bool()>& done, std::chrono::seconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

bool Suite::settle(std::chrono::seconds limit) {
  std::int64_t settled_at = -1;
  return eventually(
      [&] {
        const Answer status = api().get("/v1/status");
        if (status.status != 200) return false;
        const auto head = status.int_at("/head");
        bool all = true;
        for (const auto& service : status.at("/services").as_array()) all = all && service.at("lag").to_number<std::int64_t>() == 0;
        const bool again = all && settled_at == head;
        settled_at = all ? head : -1;
        return again;
      },
      limit);
}

int Suite::pid_of(const std::string& name) const {
  const std::string text = read_line(data_ / "run" / (name + ".pid"));
  return text.empty() ? 0 : std::atoi(text.c_str());
}

std::map<std::string, int> Suite::processes() const {
  std::map<std::string, int> out;
  std::ifstream in(data_ / "run" / "ports");
  std::string name;
  for (int port = 0; in >> name >> port;) out[name] = port;
  return out;
}

}  // namespace bridgework::support
