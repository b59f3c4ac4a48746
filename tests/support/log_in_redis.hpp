#pragma once
// The whole log as it lies in Redis.

#include <gtest/gtest.h>

#include "runtime/keys.hpp"
#include "runtime/log_entry.hpp"
#include "runtime/redis.hpp"

namespace bridgework::support {

/// Its events in their order; a test fails where their numbers are not dense.
inline std::vector<std::string> log_in(runtime::Redis& redis, const runtime::Keys& keys) {
  std::vector<std::string> events;
  const auto entries = redis.run({"XRANGE", keys.log(), "-", "+"});
  if (!entries) {
    ADD_FAILURE() << entries.error().what;
    return events;
  }
  for (const auto& entry : entries->items) {
    const auto records = runtime::events_of_entry(entry.items.at(1).items.at(1).text);
    if (!records) {
      ADD_FAILURE() << "entry " << entry.items[0].text << " cannot be read";
      return events;
    }
    events.insert(events.end(), records->begin(), records->end());
    EXPECT_EQ(entry.items[0].text, "0-" + std::to_string(events.size()));
  }
  return events;
}

}  // namespace bridgework::support
