#pragma once
// The Live stream: every event for whoever may hear that something happened, but not to whom.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bus/log_bounds.hpp"
#include "runtime/wire.hpp"

namespace bridgework::bus {

/// Replaces what names a person by a keyed hash: the same person is the same pseudonym in one group for ever, nothing leads back without
/// the key, and two groups cannot be joined.
class Pseudonyms {
 public:
  /// `key` is a secret of any length; `group` separates groups that were given the same one.
  Pseudonyms(std::string_view key, std::string_view group);

  /// 32 hexadecimal digits; empty stays empty.
  std::string of(std::string_view text) const;

 private:
  std::array<unsigned char, 32> key_;
};

/// An event as Live shows it.
struct LiveMessage {
  std::string topic;    ///< `<type>\0<site>\0`
  std::string header;   ///< LiveHeader bytes
  std::string payload;  ///< the event without its $phi fields, with pseudonyms for its $pseudonym fields
};

/// Builds a new message out of the fields this build knows and may show, rather than taking fields away: a field that a newer schema has
/// marked $phi is never let through by an older bus. Nothing when the event's type is not known or its bytes are not readable.
std::optional<LiveMessage> live_message(const Pseudonyms& pseudonyms, const std::string& incarnation, const LogEntry& entry);

/// Publishes, as long as somebody listens: an event nobody subscribed to is not even decoded.
class Live {
 public:
  static constexpr std::string_view kBeaconTopic = "!beacon";

  Live(runtime::Publisher publisher, Pseudonyms pseudonyms) : publisher_(std::move(publisher)), pseudonyms_(std::move(pseudonyms)) {}

  /// Takes note of who came and went. True when somebody new came: a beacon tells them where the log is.
  bool read_subscriptions();
  void publish(const std::string& incarnation, const LogEntry& entry);
  void publish_beacon(const LogBounds& bounds);

  /// Cuts every subscriber off; those who still may come back, and a beacon tells them where the log is.
  tl::expected<void, runtime::Fault> cut();

  const runtime::Publisher& socket() const { return publisher_; }
  std::size_t prefixes() const { return prefixes_.size(); }

  struct Counts {
    std::uint64_t published = 0, beacons = 0;
    std::uint64_t unreadable = 0;  ///< not published: of no known type, or not decodable
    std::uint64_t unsent = 0;      ///< the library refused it. What it drops for a slow subscriber it tells nobody; beacons show it
  };
  const Counts& counts() const { return counts_; }

 private:
  bool somebody_wants(std::string_view topic) const;
  bool send(std::string topic, std::string_view header, std::string_view payload);

  runtime::Publisher publisher_;
  Pseudonyms pseudonyms_;
  std::set<std::string, std::less<>> prefixes_;
  Counts counts_;
};

}  // namespace bridgework::bus
