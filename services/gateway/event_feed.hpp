#pragma once
// The log over HTTP: CloudEvents 1.0, as lines or as server-sent events.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/backend.hpp"
#include "gateway/forms.hpp"
#include "gateway/http_server.hpp"
#include "gateway/problem.hpp"
#include "gateway/url.hpp"

namespace bridgework::gateway {

/// What a caller wants of the log.
struct FeedQuery {
  enum class Format { kLines, kServerSent };
  enum class Follow { kStopAtHead, kFollow };

  Format format = Format::kLines;
  Follow follow = Follow::kStopAtHead;
  std::string incarnation;           ///< the one `after` was seen in; empty: the caller did not say
  std::uint64_t after = 0;           ///< events with a greater sequence
  std::vector<std::uint64_t> types;  ///< empty: all
  std::string person;                ///< empty: all
  std::optional<std::uint64_t> limit;
};

/// `?after=&type=&person=&limit=&follow=`, Accept and Last-Event-ID, or what is wrong with them. `type` may repeat.
std::variant<FeedQuery, Problem> read_feed_query(const Parameters& parameters, std::string_view accept, std::string_view last_event_id);

/// Writes CloudEvents. Remembers per type what does not change from event to event.
class EventWriter {
 public:
  EventWriter(const Forms& forms, std::string group);

  /// Appends one envelope, without a line end; nothing and false when the event is not about `person` and that is not empty. An event of a
  /// type this release does not know has no data. One whose record cannot be read has its place and `"unreadable":true`, for everybody: it
  /// neither holds up whoever reads, nor is it left out.
  bool append(std::string& out, std::string_view incarnation, const messages::FetchedEvent& event, std::string_view person);

 private:
  const Forms& forms_;
  const std::string source_prefix_;  ///< `/bridgework/<group>/`
};

struct FeedOptions {
  std::string group;
  std::chrono::milliseconds heartbeat{15'000};
  std::size_t streams_max = 64;
};

/// Serves feeds, a bounded number at a time.
///
/// A line feed that does not follow ends at the head as it was when it got there. Each piece is fetched, turned and written before the
/// next is fetched: a slow reader costs one piece of memory, however long the log.
class EventFeed {
 public:
  EventFeed(Backend& backend, const Forms& forms, FeedOptions options);

  /// The first piece is fetched before anything is answered, so that a log that is away or was cut is an honest status.
  asio::awaitable<std::variant<HttpResponse, Problem>> open(FeedQuery query);

 private:
  struct Slot;
  asio::awaitable<BodyEnd> write(FeedQuery query, messages::FetchReply reply, BodyWriter& writer);
  messages::Fetch next_fetch(const FeedQuery& query, const std::string& incarnation, std::uint64_t after, bool at_head) const;

  Backend& backend_;
  EventWriter writer_;
  const FeedOptions options_;
  std::size_t streams_ = 0;
};

}  // namespace bridgework::gateway
