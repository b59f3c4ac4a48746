#pragma once
// The real appointments service under 32 clients who take random times, with the gateway in front and without.

#include <string>
#include <vector>

#include "bench/our_log.hpp"

namespace bridgework::bench {

/// The practice both sides book in.
struct Practice {
  int sites = 32, providers = 8, chairs = 8;  ///< of each site
  int days = 200, slots = 20;                 ///< weekdays to come; half hours from eight
};

/// One suite of bus, appointments and gateway, with the practice set up.
class Booking {
 public:
  Booking(const Plan& plan, const std::string& directory, const std::string& redis_socket);

  struct Rate {
    double per_second = 0, taken_share = 0;  ///< answers, and how many of them took the time
  };
  /// Each client asks again when it is answered. Commands over ZeroMQ.
  Rate commands(std::size_t clients, double seconds);
  /// The same through HTTP and JSON.
  Rate http(std::size_t clients, double seconds);

 private:
  void set_up();

  std::string group_, directory_, redis_socket_, url_;
  Bus bus_;
  std::vector<Child> processes_;
  std::uint64_t asked_ = 0;
  Practice practice_;
};

}  // namespace bridgework::bench
