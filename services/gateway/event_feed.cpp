#include "gateway/event_feed.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <memory>

#include "gateway/json_mapper.hpp"
#include "gateway/json_text.hpp"
#include "gateway/times.hpp"
#include "messages/catalogue.hpp"
#include "messages/envelope.codec.hpp"

namespace bridgework::gateway {
namespace {

// Large enough that a round trip costs nothing beside the work, small enough that a stream holds little.
constexpr std::uint32_t kEventsPerFetch = 2048;
constexpr std::uint32_t kBytesPerFetch = 1024 * 1024;
constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::string_view kLinesContentType = "application/x-ndjson";
constexpr std::string_view kServerSentContentType = "text/event-stream";

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// Reads the id of an envelope, `<incarnation>/<sequence>`, or a sequence alone. With the incarnation a roll-back is noticed even when the
/// log has grown past that position again.
bool read_position(std::string_view id, FeedQuery& query) {
  const std::size_t slash = id.rfind('/');
  const auto sequence = whole_number(slash == std::string_view::npos ? id : id.substr(slash + 1));
  if (!sequence) return false;
  query.after = *sequence;
  query.incarnation = slash == std::string_view::npos ? std::string_view{} : id.substr(0, slash);
  return true;
}

Problem bad_parameter(std::string_view name, std::string rule) {
  std::string path;
  append_pointer_step(path, name);
  return {.status = 422,
          .code = "invalid_parameter",
          .detail = fmt::format("{} {}", name, rule),
          .path = std::move(path),
          .rule = std::move(rule)};
}

/// Names the position to read on from as `after` takes it.
Problem diverged(const messages::FetchReply& reply) {
  const std::uint64_t shared = std::max<std::uint64_t>(reply.first_of_incarnation, 1) - 1;
  Problem problem{409, "log_diverged",
                  fmt::format("this log was rolled back and has other events than you saw: forget those after {}, and read on from the "
                              "position in \"after\"",
                              shared)};
  problem.more = ",\"after\":";
  append_json_string(problem.more, fmt::format("{}/{}", reply.incarnation, shared));
  return problem;
}

Problem problem_of(const messages::FetchReply& reply) {
  switch (reply.outcome) {
    case messages::FetchOutcome::kTruncated:
      return {410, "log_truncated", "the log no longer holds the events after that position; begin with the archive"};
    case messages::FetchOutcome::kDiverged: return diverged(reply);
    case messages::FetchOutcome::kUnavailable:
      return {.status = 503, .code = "log_unavailable", .detail = "the log is away", .retry_after = std::chrono::seconds{1}};
    case messages::FetchOutcome::kMalformed:
      // What the gateway sends is well formed, so the bus answers this to its key alone.
      return {
          403, "log_not_permitted",
          "the bus does not let this gateway read all that was asked for: ask with ?type= for the events it may read, or have \"fetch\" "
          "added to the gateway's entry in the bus's list of principals"};
    case messages::FetchOutcome::kEvents: break;
  }
  return {500, "internal", "no problem"};
}

}  // namespace

std::variant<FeedQuery, Problem> read_feed_query(const Parameters& parameters, std::string_view accept, std::string_view last_event_id) {
  FeedQuery query;
  if (accept.find(kServerSentContentType) != std::string_view::npos) {
    query.format = FeedQuery::Format::kServerSent;
    query.follow = FeedQuery::Follow::kFollow;
  }
  for (const auto& [name, value] : parameters) {
    if (name == "after") {
      if (!read_position(value, query)) return bad_parameter(name, "must be a sequence or the id of an event");
    } else if (name == "type") {
      const messages::MessageInfo* type = messages::find_message(value);
      if (type == nullptr || type->kind != messages::MessageKind::kEvent) return bad_parameter(name, "must be the name of an event");
      query.types.push_back(type->type_id);
    } else if (name == "person") {
      query.person = value;
    } else if (name == "limit") {
      query.limit = whole_number(value);
      if (!query.limit) return bad_parameter(name, "must be a number");
    } else if (name == "follow") {
      if (value != "true" && value != "false" && value != "1" && value != "0") return bad_parameter(name, "must be true or false");
      query.follow = value == "true" || value == "1" ? FeedQuery::Follow::kFollow : FeedQuery::Follow::kStopAtHead;
    } else {
      return bad_parameter(name, "is no parameter of the feed");
    }
  }
  if (!last_event_id.empty() && query.format == FeedQuery::Format::kServerSent) {
    // A browser that reconnects repeats the URL; what it has seen since counts.
    if (!read_position(last_event_id, query)) return bad_parameter("last_event_id", "must be a sequence or the id of an event");
  }
  return query;
}

// ---- envelopes

EventWriter::EventWriter(const Forms& forms, std::string group) : forms_(forms), source_prefix_("/bridgework/" + group + "/") {}

bool EventWriter::append(std::string& out, std::string_view incarnation, const messages::FetchedEvent& event, std::string_view person) {
  const auto record = messages::decode_as<messages::EventRecord>(event.record);
  if (record && !person.empty() && record->person != person) return false;
  out += R"({"specversion":"1.0","id":)";
  append_json_string(out, fmt::format(FMT_COMPILE("{}/{}"), incarnation, event.sequence));
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"sequence":{},"source":)"), event.sequence);
  if (!record) {
    append_json_string(out, source_prefix_ + "unknown");
    out += R"(,"type":"unreadable","unreadable":true})";
    return true;
  }
  append_json_string(out, source_prefix_ + record->service);
  const StructForm* form = forms_.find(record->type_id);
  out += R"(,"type":)";
  if (form != nullptr) append_json_string(out, form->name);
  else fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"("unknown:{:016x}")"), record->type_id);
  out += R"(,"time":")";
  append_instant(out, record->recorded_at);
  out += '"';
  if (!record->person.empty()) {
    out += R"(,"subject":)";
    append_json_string(out, record->person);
  }
  if (!record->site.empty()) {
    out += R"(,"site":)";
    append_json_string(out, record->site);
  }
  if (form != nullptr) {
    const std::size_t size_without_data = out.size();
    out += R"(,"datacontenttype":"application/json","data":)";
    if (!append_json(out, *form, record->body)) {
      // Consumers inside park such a one and go on; those outside must not be held up by it either.
      out.resize(size_without_data);
      out += R"(,"unreadable":true)";
    }
  }
  out += '}';
  return true;
}

// ---- the feed

/// One of the bounded number of streams.
struct EventFeed::Slot {
  explicit Slot(std::size_t& count) : count(count) { ++count; }
  ~Slot() { --count; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  std::size_t& count;
};

EventFeed::EventFeed(Backend& backend, const Forms& forms, FeedOptions options)
    : backend_(backend), writer_(forms, options.group), options_(std::move(options)) {}

messages::Fetch EventFeed::next_fetch(const FeedQuery& query, const std::string& incarnation, std::uint64_t after, bool at_head) const {
  messages::Fetch fetch;
  fetch.incarnation = incarnation;
  fetch.after = after;
  fetch.max_events = kEventsPerFetch;
  if (query.limit && query.person.empty()) {
    fetch.max_events = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*query.limit, 1, kEventsPerFetch));
  }
  fetch.max_bytes = kBytesPerFetch;
  fetch.wait_ms = at_head ? static_cast<std::uint32_t>(options_.heartbeat.count()) : 0;
  fetch.types = query.types;
  return fetch;
}

asio::awaitable<std::variant<HttpResponse, Problem>> EventFeed::open(FeedQuery query) {
  if (streams_ >= options_.streams_max) {
    co_return Problem{
        .status = 503, .code = "too_many_streams", .detail = "too many event streams are open", .retry_after = std::chrono::seconds{5}};
  }
  auto slot = std::make_shared<Slot>(streams_);
  const messages::Fetch fetch = next_fetch(query, query.incarnation, query.after, false);
  auto fetched = co_await backend_.fetch(fetch);
  if (!fetched) {
    co_return Problem{
        .status = 503, .code = "log_unavailable", .detail = std::move(fetched.error()), .retry_after = std::chrono::seconds{1}};
  }
  if (fetched->outcome != messages::FetchOutcome::kEvents) co_return problem_of(*fetched);
  HttpResponse response;
  response.content_type = query.format == FeedQuery::Format::kLines ? kLinesContentType : kServerSentContentType;
  auto first = std::make_shared<messages::FetchReply>(std::move(*fetched));
  response.stream = [this, slot, query = std::move(query), first](BodyWriter& writer) { return write(query, std::move(*first), writer); };
  co_return response;
}

asio::awaitable<BodyEnd> EventFeed::write(FeedQuery query, messages::FetchReply reply, BodyWriter& writer) {
  std::uint64_t left = query.limit.value_or(std::numeric_limits<std::uint64_t>::max());
  const bool lines = query.format == FeedQuery::Format::kLines;
  std::string piece;
  piece.reserve(kPieceBytes + 16 * 1024);
  // Tells a caller whose log is empty that the stream stands.
  if (!lines) piece += ":\n\n";
  for (;;) {
    for (const messages::FetchedEvent& event : reply.events) {
      if (left == 0) break;
      const std::size_t size_before = piece.size();
      if (!lines) fmt::format_to(std::back_inserter(piece), FMT_COMPILE("id: {}/{}\ndata: "), reply.incarnation, event.sequence);
      if (!writer_.append(piece, reply.incarnation, event, query.person)) {
        piece.resize(size_before);
        continue;
      }
      piece += lines ? "\n" : "\n\n";
      --left;
      if (piece.size() >= kPieceBytes) {
        if (!co_await writer.write(piece)) co_return BodyEnd::kBroken;
        piece.clear();
      }
    }
    const std::uint64_t after = std::max(reply.next, query.after);
    const bool at_head = after >= reply.head;
    const bool over = left == 0 || (at_head && query.follow == FeedQuery::Follow::kStopAtHead);
    // A follower gets what there is at once; a reader of the whole log gets full pieces.
    if (!piece.empty() && (over || at_head)) {
      if (!co_await writer.write(piece)) co_return BodyEnd::kBroken;
      piece.clear();
    }
    if (over) co_return BodyEnd::kComplete;
    query.after = after;
    const messages::Fetch fetch = next_fetch(query, reply.incarnation, after, at_head);
    auto fetched = co_await backend_.fetch(fetch);
    if (!fetched || fetched->outcome != messages::FetchOutcome::kEvents) co_return BodyEnd::kBroken;
    reply = std::move(*fetched);
    // What shows that the stream lives, and finds out that the caller does not. An empty line is no record of NDJSON.
    if (reply.events.empty() && at_head) piece += lines ? "\n" : ":\n\n";
  }
}

}  // namespace bridgework::gateway
