#pragma once
// PostgreSQL as people use it: its own pgbench, prepared statements, synchronous_commit on.

#include <string>
#include <vector>

#include "bench/our_booking.hpp"

namespace bridgework::bench {

/// One private cluster on a unix socket.
class Postgres {
 public:
  Postgres();

  /// Inserts that two exclusion constraints (chair, provider) let through or not; transactions a second.
  double booking(std::size_t clients, double seconds);
  /// Milliseconds of the next thousand due among so many persons, by an index.
  double due(std::size_t persons, int repetitions);

 private:
  std::string run(const std::string& program_and_arguments);
  void sql(const std::string& statements);
  std::string file(const std::string& name, const std::string& text);

  Directory directory_;
  std::string bin_, as_;
  bool booking_made_ = false;
  std::vector<Child> server_;
};

}  // namespace bridgework::bench
