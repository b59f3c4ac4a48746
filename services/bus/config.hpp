#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bridgework::bus {

struct Config {
  std::string fetch_endpoint;
  std::string live_endpoint;
  std::string pseudonym_key;
  std::int64_t ring_events = 65'536;
  std::int64_t ring_bytes = 64 * 1024 * 1024;
  std::int64_t parked_calls = 1024;
  std::int64_t lookups_waiting = 256;
  std::int64_t live_queue_messages = 10'000;
  std::chrono::milliseconds beacon_every{1000};
  std::string archive;
  std::chrono::milliseconds archive_every{5'000};
  std::chrono::milliseconds archive_keep = std::chrono::hours(24 * 7);
  std::int64_t archive_segment_events = 65'536;
  std::chrono::milliseconds archive_segment_age = std::chrono::hours(24);

  template <class Visit>
  void settings(Visit&& visit) {
    visit("fetch_endpoint", fetch_endpoint, "Where Fetch is served; empty: ipc://RUN_DIR/bus-INSTANCE-fetch.sock");
    visit("live_endpoint", live_endpoint, "Where Live is published; empty: ipc://RUN_DIR/bus-INSTANCE-live.sock");
    visit("pseudonym_key", pseudonym_key,
          "Secret the pseudonyms on Live are made with, 16 bytes or more and the same on every bus; empty: no Live");
    visit("ring_events", ring_events, "How many of the last events are kept in memory.");
    visit("ring_bytes", ring_bytes, "How many bytes of them at most.");
    visit("parked_calls", parked_calls, "How many calls may wait for the next event; those beyond are answered at once.");
    visit("lookups_waiting", lookups_waiting, "How many calls may wait for Redis; those beyond are answered unavailable.");
    visit("live_queue_messages", live_queue_messages, "What a slow subscriber of Live may lag behind before it loses messages.");
    visit("beacon_every", beacon_every, "How often Live tells where the log is.");
    visit("archive", archive, "Directory of the archive; empty: DATA_DIR/archive, or none without a data directory.");
    visit("archive_every", archive_every, "How often it is looked for events to archive.");
    visit("archive_keep", archive_keep, "Events younger than this stay in Redis; older ones only in the archive.");
    visit("archive_segment_events", archive_segment_events, "How many events make a segment of the archive.");
    visit("archive_segment_age", archive_segment_age, "A segment is sealed earlier when its first event is this old.");
  }
};

}  // namespace bridgework::bus
